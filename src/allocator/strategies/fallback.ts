import type { Strategy, StrategyFactory } from "./strategy.ts";

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
    keyOf(target, trait) {
      const key = first.keyOf(target, "");
      return key === "" ? SECOND + second.keyOf(target, trait) : FIRST + key;
    },
    hashOf: (key) => (key.startsWith(FIRST) ? first : second).hashOf?.(key.slice(1)) ?? 0,
    // The first goes by where a target is, and has no use for final labels.
    ...(second.usesZones === undefined ? {} : { usesZones: second.usesZones }),
    // What stays on its node is a load, too.
    ...(second.weightOf === undefined ? {} : { weightOf: (target) => second.weightOf?.(target) }),
    ...(second.traitOf === undefined ? {} : { traitOf: (labels) => second.traitOf?.(labels) ?? "" }),
    create(collectors, before) {
      const [a, b] = [first.create(collectors, before), second.create(collectors, before)];
      const askedFor = (key: string): Strategy => (key.startsWith(FIRST) ? a : b);
      return {
        placementOf: (key, hash) => askedFor(key).placementOf(key.slice(1), hash),
        successorOf(key, hash, owner) {
          const strategy = askedFor(key);
          return strategy.successorOf?.(key.slice(1), hash, owner) ?? strategy.placementOf(key.slice(1), hash);
        },
      };
    },
  };
}
