import type { CollectorInstance } from "../collector-instance.ts";
import { nodeNameOf } from "../targets/node-name.ts";
import type { StrategyFactory } from "./strategy.ts";

/**
 * The collector on the target's own node. Of several collectors on one node the first by name gets its targets.
 * Targets without a node, or on a node without a collector, stay unassigned.
 */
export const perNode: StrategyFactory = {
  keyOf: nodeNameOf,
  create(collectors) {
    const byNode = new Map<string, CollectorInstance>();
    for (const collector of collectors) {
      if (collector.nodeName !== "" && !byNode.has(collector.nodeName)) byNode.set(collector.nodeName, collector);
    }
    return { placementOf: (node) => byNode.get(node) };
  },
};
