import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import type { Allocator } from "../../src/allocator/allocator.ts";
import type { CollectorInstance } from "../../src/allocator/collector-instance.ts";
import type { AllocationSnapshot, AssignedTarget } from "../../src/allocator/snapshot.ts";
import { partitionOf, partitionOwners } from "../../src/allocator/strategies/hash-ring.ts";
import { createStrategy } from "../../src/allocator/strategies/registry.ts";
import type { StrategySettings } from "../../src/allocator/strategies/strategy-settings.ts";
import { compareTargets } from "../../src/allocator/targets/target-order.ts";
import {
  createAllocator,
  group,
  job,
  type JobFields,
  ownersOf,
  rule,
  settled,
  viewOf,
} from "../support/allocations.ts";
import {
  anyCollectors,
  anyHistory,
  type Define,
  type Inputs,
  inputsAfter,
  tell,
} from "../support/allocation-history.ts";

/** Rules that drop, join and split targets. */
const DEFINITIONS: readonly JobFields[] = [
  {},
  { filtering: false },
  { rules: [rule({ sourceLabels: ["env"], regex: "x", action: "drop" })] },
  { rules: [rule({ sourceLabels: ["__address__"], regex: "(.).*", targetLabel: "__address__", replacement: "$1" })] },
  { rules: [rule({ regex: "env|__scheme__", action: "labeldrop" })] },
  { rules: [rule({ sourceLabels: ["__meta_pod"], regex: "(.+)", targetLabel: "pod" })] },
];

/** Definitions under which the same targets are equal, though their final labels are others. */
const ALIKE: readonly JobFields[] = [
  {},
  { seeds: [["__scrape_interval__", "15s"]] },
  { rules: [rule({ targetLabel: "cluster", replacement: "eu" })] },
];

const toJob: Define = ([name, definition]) => job({ name, ...DEFINITIONS[definition % DEFINITIONS.length] });

const toAlikeJob: Define = ([name, definition]) => job({ name, ...ALIKE[definition % ALIKE.length] });

/** One pass over nothing but the final inputs. */
function fromScratch(inputs: Inputs, create: () => Allocator): AllocationSnapshot {
  const allocator = create();
  for (const found of inputs.groups.values()) tell(allocator, { kind: "groups", groups: [found] }, toJob);
  allocator.setCollectors(inputs.collectors);
  allocator.setJobs([...inputs.jobs].map(toJob));
  return settled(allocator);
}

function discoveredIn({ groups }: Inputs): number {
  return [...groups.values()].reduce((sum, { targets }) => sum + targets.length, 0);
}

/** Every target is in one place, every list sorted, every count true. */
function expectSound(snapshot: AllocationSnapshot, discovered?: number): void {
  let total = 0;
  for (const { counts, byCollector, unassigned } of snapshot.jobs.values()) {
    const shards = [...byCollector.values(), unassigned];
    total += counts.discovered;
    expect(counts.assigned + counts.unassigned + counts.dropped + counts.duplicates).toBe(counts.discovered);
    const all = shards.flatMap(({ targets }) => targets);
    expect(all).toHaveLength(counts.assigned + counts.unassigned);
    expect(new Set(all).size).toBe(all.length);
    for (const { targets } of shards) expect(targets).toEqual([...targets].toSorted(compareTargets));
  }
  expect(total).toBe(discovered ?? total);
  const assigned = [...snapshot.targetsByCollector.values()].reduce((sum, count) => sum + count, 0);
  expect(assigned).toBe([...snapshot.jobs.values()].reduce((sum, { counts }) => sum + counts.assigned, 0));
}

/** Strategies whose result does not depend on the result before. */
describe.each<[string, string | undefined, StrategySettings]>([
  ["consistent-hashing", undefined, {}],
  ["per-node", undefined, {}],
  ["per-node", "consistent-hashing", {}],
  ["rendezvous", undefined, {}],
  ["rendezvous", undefined, { key: "url" }],
  ["per-node", "rendezvous", { key: "url" }],
])("after any history, %s with fallback %s and settings %j", (strategy, fallback, settings) => {
  it.each<[string, (half: number) => number]>([
    ["with honest hashes", (half) => half],
    ["with hashes that collide all the time", (half) => half & 1],
  ])("has the result of a fresh start, %s", (_name, identityHash) => {
    const create = (): Allocator =>
      createAllocator({ strategy: createStrategy(strategy, fallback, settings), identityHash });
    fc.assert(
      fc.property(anyHistory, (history) => {
        const allocator = create();
        for (const change of history) tell(allocator, change, toJob);
        const inputs = inputsAfter(history);
        const snapshot = settled(allocator);
        expectSound(
          snapshot,
          [...inputs.groups.values()].reduce((sum, { targets }) => sum + targets.length, 0),
        );
        expect(viewOf(snapshot)).toEqual(viewOf(fromScratch(inputs, create)));
      }),
      { numRuns: 300 },
    );
  });
});

describe("the version", () => {
  it("grows by one exactly when what a reader sees differs", () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const allocator = createAllocator();
        for (const change of history) {
          const before = allocator.snapshot();
          tell(allocator, change, toJob);
          if (change.kind !== "pass") continue;
          const after = allocator.snapshot();
          const same = JSON.stringify(viewOf(after)) === JSON.stringify(viewOf(before));
          expect(after.version).toBe(same ? before.version : before.version + 1);
        }
      }),
      { numRuns: 200 },
    );
  });
});

interface Moves {
  readonly before: ReadonlyMap<string, string>;
  /** Addresses whose owner differs; "" counts as one. */
  readonly moved: readonly string[];
  /** As the allocator counts: from one collector to another. */
  readonly counted: number;
}

/** What becomes of targets when one set of collectors follows another. */
function movesBetween(
  strategy: string,
  found: readonly number[],
  [one, two]: readonly [readonly CollectorInstance[], readonly CollectorInstance[]],
): Moves {
  const allocator = createAllocator({ strategy: createStrategy(strategy) });
  allocator.setJobs([job()]);
  const targets = found.map((i) => ({ __address__: `t:${i}`, __meta_kubernetes_node_name: `n${i % 3}` }));
  allocator.updateGroups("job", "p", [group("0", targets)]);
  allocator.setCollectors(one);
  const before = ownersOf(settled(allocator));
  allocator.setCollectors(two);
  const after = ownersOf(settled(allocator));
  const moved = [...after.keys()].filter((address) => before.get(address) !== after.get(address));
  return { before, moved, counted: allocator.counters.moved };
}

describe("a change of collectors", () => {
  const manyAddresses = fc.uniqueArray(fc.nat({ max: 5000 }), { minLength: 1, maxLength: 100 });

  it("moves with consistent-hashing exactly the targets whose partition gets another owner", () => {
    fc.assert(
      fc.property(manyAddresses, anyCollectors, anyCollectors, (found, one, two) => {
        const { moved, counted } = movesBetween("consistent-hashing", found, [one, two]);
        const [a, b] = [one, two].map((set) => partitionOwners(set.map(({ name }) => name)));
        const addresses = found.map((i) => `t:${i}`);
        const want = addresses.filter((address) => a?.[partitionOf(address)] !== b?.[partitionOf(address)]);
        expect(moved.toSorted()).toEqual(want.toSorted());
        expect(counted).toBe(one.length > 0 && two.length > 0 ? want.length : 0);
      }),
    );
  });

  it.each(["least-weighted", "per-node"])(
    "moves with %s the targets of a collector that left, and no other",
    (name) => {
      fc.assert(
        fc.property(manyAddresses, anyCollectors, fc.nat(), (found, all, pick) => {
          const gone = all[pick % Math.max(1, all.length)];
          const { before, moved } = movesBetween(name, found, [all, all.filter((collector) => collector !== gone)]);
          for (const address of moved) expect(before.get(address)).toBe(gone?.name);
        }),
      );
    },
  );

  it("moves nothing with least-weighted when a collector joins", () => {
    fc.assert(
      fc.property(manyAddresses, anyCollectors, (found, all) => {
        fc.pre(all.length > 1);
        expect(movesBetween("least-weighted", found, [all.slice(1), all]).moved).toEqual([]);
      }),
    );
  });
});

/** Where the targets of a snapshot are, by job and final labels (the job has no rules). */
function placesIn(snapshot: AllocationSnapshot): ReadonlyMap<AssignedTarget, string> {
  const shards = Array.from(snapshot.jobs.values(), ({ byCollector }) => Array.from(byCollector)).flat();
  return new Map(shards.flatMap(([collector, { targets }]) => targets.map((target) => [target, collector] as const)));
}

describe("least-weighted after any history", () => {
  it("keeps every target with its collector as long as both exist, whatever becomes of its labels", () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const allocator = createAllocator({ strategy: createStrategy("least-weighted") });
        for (const [i, change] of history.entries()) {
          const before = placesIn(allocator.snapshot());
          tell(allocator, change, toAlikeJob);
          const after = allocator.snapshot();
          const names = new Set(after.collectors.map(({ name }) => name));
          const stayed = [...placesIn(after)].filter(([target]) => names.has(before.get(target) ?? ""));
          expect(stayed.map(([target]) => before.get(target))).toEqual(stayed.map(([, collector]) => collector));
          expectSound(after, change.kind === "pass" ? discoveredIn(inputsAfter(history.slice(0, i + 1))) : undefined);
        }
      }),
      { numRuns: 200 },
    );
  });
});
