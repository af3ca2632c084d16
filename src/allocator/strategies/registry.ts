import { consistentHashing } from "./consistent-hashing.ts";
import { withFallback } from "./fallback.ts";
import { leastWeighted } from "./least-weighted.ts";
import { perNode } from "./per-node.ts";
import { rendezvous } from "./rendezvous.ts";
import type { StrategyFactory } from "./strategy.ts";
import type { StrategySettings } from "./strategy-settings.ts";
import { weighted } from "./weighted.ts";
import { zoneAware } from "./zone-aware.ts";

type CreateStrategy = (settings: StrategySettings) => StrategyFactory;

const strategies: ReadonlyMap<string, CreateStrategy> = new Map<string, CreateStrategy>([
  ["consistent-hashing", () => consistentHashing],
  ["least-weighted", ({ evening }) => leastWeighted(evening)],
  ["per-node", () => perNode],
  ["rendezvous", ({ key }) => rendezvous(key)],
  ["weighted", weighted],
  ["zone-aware", zoneAware],
]);

/** The names that a configuration may use, sorted. */
export const STRATEGY_NAMES: readonly string[] = [...strategies.keys()];

/** A configuration names a strategy that does not exist. */
export class UnknownStrategyError extends Error {
  readonly code = "STRATEGY_UNKNOWN";
  override readonly name = "UnknownStrategyError";
}

function strategyNamed(name: string, settings: StrategySettings): StrategyFactory {
  const create = strategies.get(name);
  if (create !== undefined) return create(settings);
  throw new UnknownStrategyError(
    `unregistered strategy ${JSON.stringify(name)}: use one of ${STRATEGY_NAMES.join(", ")}`,
  );
}

/**
 * The strategy of that name. The fallback places the targets that per-node placement has no node for; the other
 * strategies place every target and have no use for one. The settings are for both.
 *
 * @throws {UnknownStrategyError} when either name is unknown.
 */
export function createStrategy(name: string, fallback = "", settings: StrategySettings = {}): StrategyFactory {
  const strategy = strategyNamed(name, settings);
  const second = fallback === "" ? undefined : strategyNamed(fallback, settings);
  return second !== undefined && strategy === perNode ? withFallback(strategy, second) : strategy;
}
