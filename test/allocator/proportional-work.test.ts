import { beforeAll, describe, expect, it } from "@jest/globals";
import type { Allocator } from "../../src/allocator/allocator.ts";
import type { CollectorInstance } from "../../src/allocator/collector-instance.ts";
import type { AllocationCounters } from "../../src/allocator/counters.ts";
import { getLabel } from "../../src/allocator/labels/labels.ts";
import type { AllocationSnapshot, Shard } from "../../src/allocator/snapshot.ts";
import { partitionOf, partitionOwners } from "../../src/allocator/strategies/hash-ring.ts";
import { createStrategy } from "../../src/allocator/strategies/registry.ts";
import type { TargetGroup } from "../../src/allocator/targets/target-group.ts";
import { EncodedCache } from "../../src/http/encoded-cache.ts";
import { collectors, createAllocator, group, job, settled } from "../support/allocations.ts";

const JOBS = 100;
const GROUPS_PER_JOB = 200;
const TARGETS = JOBS * GROUPS_PER_JOB * 5;
/** Everything is set up once and may take long on a busy machine. */
const PATIENCE_MS = 120_000;

const jobs = Array.from({ length: JOBS }, (_, i) => job({ name: `job-${i}` }));

function groupsOf(jobIndex: number): readonly TargetGroup[] {
  return Array.from({ length: GROUPS_PER_JOB }, (_, i) => groupOf(jobIndex, i));
}

/** Five targets of one pod; another generation has other labels and the same addresses. */
function groupOf(jobIndex: number, index: number, generation = 0): TargetGroup {
  const host = `10.${jobIndex}.${index >> 8}.${index & 255}`;
  const ports = [9100, 9101, 9102, 9103, 9104].map((port) => `${host}:${port}`);
  return group(`pod/${index}`, ports, { __meta_kubernetes_pod_uid: `${jobIndex}-${index}-${generation}` });
}

function discoverAll(allocator: Allocator): void {
  for (const [i, { name }] of jobs.entries()) allocator.updateGroups(name, "p", groupsOf(i));
}

/** What a change costs, without what it does not. */
function costOf(allocator: Allocator, change: () => void): Partial<AllocationCounters> {
  const before = { ...allocator.counters };
  change();
  settled(allocator);
  const costs = Object.entries(allocator.counters).map(
    ([name, count]) => [name, count - before[name as keyof AllocationCounters]] as const,
  );
  return Object.fromEntries(costs.filter(([, cost]) => cost !== 0));
}

function shardsOf({ jobs: byName }: AllocationSnapshot): readonly (readonly [slot: string, shard: Shard])[] {
  return [...byName.values()].flatMap(({ name, byCollector }) =>
    [...byCollector].map(([collector, shard]) => [`${name} ${collector}`, shard] as const),
  );
}

/** How many answers are encoded for a snapshot, when all were encoded for one before. */
async function encodedAfter(before: AllocationSnapshot, after: AllocationSnapshot): Promise<number> {
  const cache = new EncodedCache(2 ** 30);
  const known = new Map<string, unknown>();
  for (const [slot, shard] of shardsOf(before)) known.set(slot, await cache.get(slot, shard));
  let encoded = 0;
  for (const [slot, shard] of shardsOf(after)) if ((await cache.get(slot, shard)) !== known.get(slot)) encoded++;
  return encoded;
}

function targetsOfMovedPartitions(...[before, after]: readonly (readonly CollectorInstance[])[]): number {
  const [had, has] = [before, after].map((instances = []) => partitionOwners(instances.map(({ name }) => name)));
  const addresses = jobs.flatMap((_, i) => groupsOf(i).flatMap(({ targets }) => targets));
  return addresses.filter((labels) => {
    const partition = partitionOf(getLabel(labels, "__address__") ?? "");
    return had?.[partition] !== has?.[partition];
  }).length;
}

describe.each(["consistent-hashing", "least-weighted", "rendezvous"])("among 100,000 targets, with %s", (strategy) => {
  let allocator: Allocator;

  beforeAll(() => {
    allocator = createAllocator({ strategy: createStrategy(strategy) });
    allocator.setJobs(jobs);
    allocator.setCollectors(collectors(10));
    discoverAll(allocator);
    settled(allocator);
  }, PATIENCE_MS);

  it("everything is processed once at first", () => {
    expect(allocator.counters).toMatchObject({ targetsProcessed: TARGETS, relabelled: TARGETS, placed: TARGETS });
  });

  it(
    "one changed group is the work of its five targets, and of the answers that they are in",
    async () => {
      const before = allocator.snapshot();
      const cost = costOf(allocator, () => allocator.updateGroups("job-7", "p", [groupOf(7, 7, 1)]));
      expect(cost).toEqual({ targetsProcessed: 5, relabelled: 5, shardsPublished: cost.shardsPublished });
      expect(cost.shardsPublished).toBeLessThanOrEqual(5);
      const after = allocator.snapshot();
      const changed = [...after.jobs.values()].filter((published) => before.jobs.get(published.name) !== published);
      expect(changed.map(({ name }) => name)).toEqual(["job-7"]);
      expect(await encodedAfter(before, after)).toBe(cost.shardsPublished);
      costOf(allocator, () => allocator.updateGroups("job-7", "p", [groupOf(7, 7)]));
    },
    PATIENCE_MS,
  );

  it(
    "what is reported again as it was is no work, and leaves the snapshot the object it is",
    () => {
      const before = allocator.snapshot();
      const cost = costOf(allocator, () => {
        allocator.setJobs(jobs.toReversed());
        allocator.setCollectors(collectors(10).toReversed());
        discoverAll(allocator);
      });
      expect(cost).toEqual({ groupsUnchanged: JOBS * GROUPS_PER_JOB });
      expect(allocator.snapshot()).toBe(before);
    },
    PATIENCE_MS,
  );

  it(
    "a collector that goes is the work of moving targets, and none is processed",
    () => {
      const left = allocator.snapshot().targetsByCollector.get("collector-3");
      const remaining = collectors(10).filter(({ name }) => name !== "collector-3");
      const cost = costOf(allocator, () => allocator.setCollectors(remaining));
      // The ring of the Go allocator gives some partitions of those that remain to others of them, too.
      const moved = strategy === "consistent-hashing" ? targetsOfMovedPartitions(collectors(10), remaining) : left;
      expect(moved).toBeGreaterThan(0);
      expect(cost).toEqual({ moved, shardsPublished: cost.shardsPublished });
    },
    PATIENCE_MS,
  );
});
