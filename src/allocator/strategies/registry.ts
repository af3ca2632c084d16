import { consistentHashing } from "./consistent-hashing.ts";
import { withFallback } from "./fallback.ts";
import { leastWeighted } from "./least-weighted.ts";
import { perNode } from "./per-node.ts";
import type { StrategyFactory } from "./strategy.ts";

const strategies: ReadonlyMap<string, StrategyFactory> = new Map([
  ["consistent-hashing", consistentHashing],
  ["least-weighted", leastWeighted],
  ["per-node", perNode],
]);

/** The names that a configuration may use, sorted. */
export const STRATEGY_NAMES: readonly string[] = [...strategies.keys()];

/** A configuration names a strategy that does not exist. */
export class UnknownStrategyError extends Error {
  readonly code = "STRATEGY_UNKNOWN";
  override readonly name = "UnknownStrategyError";
}

function strategyNamed(name: string): StrategyFactory {
  const strategy = strategies.get(name);
  if (strategy !== undefined) return strategy;
  throw new UnknownStrategyError(
    `unregistered strategy ${JSON.stringify(name)}: use one of ${STRATEGY_NAMES.join(", ")}`,
  );
}

/**
 * The strategy of that name. The fallback places the targets that per-node placement has no node for; the other
 * strategies place every target and have no use for one.
 *
 * @throws {UnknownStrategyError} when either name is unknown.
 */
export function createStrategy(name: string, fallback?: string): StrategyFactory {
  const strategy = strategyNamed(name);
  const second = fallback === undefined || fallback === "" ? undefined : strategyNamed(fallback);
  return second !== undefined && strategy === perNode ? withFallback(strategy, second) : strategy;
}
