import { PARTITION_COUNT, partitionOf, partitionOwners } from "./hash-ring.ts";
import type { StrategyFactory } from "./strategy.ts";

const partitionKeys: readonly string[] = Array.from({ length: PARTITION_COUNT }, (_, partition) => String(partition));

/**
 * The owner follows from the target's address as discovered and from the collectors' names: no history, so all
 * replicas agree. Labels do not count: a changed label never moves a target, and targets of different jobs with one
 * address share a collector.
 */
export const consistentHashing: StrategyFactory = {
  keyOf: (target) => partitionKeys[partitionOf(target.address)] ?? "",
  create(collectors) {
    const byName = new Map(collectors.map((collector) => [collector.name, collector]));
    const owners = partitionOwners(collectors.map(({ name }) => name));
    return { placementOf: (key) => byName.get(owners[Number(key)] ?? "") };
  },
};
