import type { StrategyFactory } from "./strategy.ts";

// The first character of a key says whose key the rest is.
const FIRST = "1";
const SECOND = "2";

/**
 * Places targets by the first strategy, and those that do not have what it goes by (its key is "") by the second, over
 * all collectors.
 *
 * Decided as the Go allocator does: a target that has a node stays with per-node placement even when no collector
 * runs on that node. It is unassigned until one does, and not scraped across the network by another.
 */
export function withFallback(first: StrategyFactory, second: StrategyFactory): StrategyFactory {
  return {
    keyOf(target) {
      const key = first.keyOf(target);
      return key === "" ? SECOND + second.keyOf(target) : FIRST + key;
    },
    create(collectors) {
      const [a, b] = [first.create(collectors), second.create(collectors)];
      return { placementOf: (key) => (key.startsWith(FIRST) ? a : b).placementOf(key.slice(1)) };
    },
  };
}
