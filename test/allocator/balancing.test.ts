import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import type { Allocator } from "../../src/allocator/allocator.ts";
import type { AllocationSnapshot, AssignedTarget } from "../../src/allocator/snapshot.ts";
import type { Balancer } from "../../src/allocator/strategies/balancer.ts";
import { createStrategy } from "../../src/allocator/strategies/registry.ts";
import type { CollectorLoad } from "../../src/allocator/strategies/collector-load.ts";
import type { StrategyFactory } from "../../src/allocator/strategies/strategy.ts";
import { createAllocator, group, job, served, settled } from "../support/allocations.ts";

const LABEL = "__meta_weight";
const ZONE = "__meta_zone";

type Measured = Readonly<Record<string, number>>;

type Change =
  | { readonly kind: "jobs"; readonly jobs: readonly string[] }
  | { readonly kind: "group"; readonly job: string; readonly source: string; readonly targets: readonly TargetData[] }
  | { readonly kind: "collectors"; readonly collectors: readonly CollectorData[] }
  | { readonly kind: "weights"; readonly job: string; readonly measured: Measured }
  | { readonly kind: "moves"; readonly moves: number };

type TargetData = Readonly<Record<string, string>>;
interface CollectorData {
  readonly name: string;
  readonly nodeName: string;
  readonly zone: string;
}

const anyJob = fc.constantFrom("a", "b");
const anyAddress = fc.constantFrom(...Array.from({ length: 12 }, (_, i) => `t:${i}`));
const anyTarget: fc.Arbitrary<TargetData> = fc.record(
  {
    __address__: anyAddress,
    [LABEL]: fc.constantFrom("1", "5", "40", "x", ""),
    [ZONE]: fc.constantFrom("za", "zb", "zc", ""),
    __meta_kubernetes_node_name: fc.constantFrom("n0", "n1", ""),
  },
  { requiredKeys: ["__address__"] },
);
const anyChange: fc.Arbitrary<Change> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("jobs" as const), jobs: fc.uniqueArray(anyJob) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("group" as const),
      job: anyJob,
      source: fc.constantFrom("0", "1"),
      targets: fc.array(anyTarget, { maxLength: 12 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("collectors" as const),
      collectors: fc.uniqueArray(
        fc.record({
          name: fc.constantFrom("c0", "c1", "c2", "c3", "c4"),
          nodeName: fc.constantFrom("n0", "n1", "n2"),
          zone: fc.constantFrom("za", "zb", ""),
        }),
        { selector: ({ name }) => name },
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("weights" as const),
      job: anyJob,
      measured: fc.dictionary(anyAddress, fc.constantFrom(1, 3, 70, 0, Number.NaN), { maxKeys: 8 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("moves" as const), moves: fc.nat({ max: 5 }) }) },
);
const WITH_JOBS: readonly Change[] = [{ kind: "jobs", jobs: ["a", "b"] }];
const anyHistory = fc.array(anyChange, { maxLength: 25 }).map((changes) => WITH_JOBS.concat(changes));

function tell(allocator: Allocator, change: Change): void {
  switch (change.kind) {
    case "jobs":
      allocator.setJobs(change.jobs.map((name) => job({ name })));
      break;
    case "group":
      allocator.updateGroups(change.job, "p", [group(change.source, change.targets)]);
      break;
    case "collectors":
      allocator.setCollectors(change.collectors);
      break;
    case "weights":
      allocator.setWeights(change.job, new Map(Object.entries(change.measured)));
      break;
    case "moves":
      allocator.allowMoves(change.moves);
      break;
  }
}

/** The strategy, and the loads that its balancer was shown last. */
class Observed {
  loads: readonly CollectorLoad[] = [];
  readonly factory: StrategyFactory;

  constructor(factory: StrategyFactory) {
    this.factory = {
      ...factory,
      create: (...args) => {
        const strategy = factory.create(...args);
        const { balancer } = strategy;
        return balancer === undefined ? strategy : { ...strategy, balancer: this.#watch(balancer) };
      },
    };
  }

  #watch(balancer: Balancer): Balancer {
    return {
      donorsAmong: (loads, ongoing) => {
        this.loads = loads;
        return balancer.donorsAmong(loads, ongoing);
      },
      movesFrom: (round) => balancer.movesFrom(round),
    };
  }
}

/** The rules of weighing in the words of a few maps. */
class NaiveScales {
  readonly #measured = new Map<string, ReadonlyMap<string, number>>();
  #jobs: readonly string[] = [];

  tell(change: Change): void {
    if (change.kind === "jobs") this.#jobs = change.jobs;
    if (change.kind === "weights" && this.#jobs.includes(change.job)) {
      const usable = Object.entries(change.measured).filter(([, value]) => value > 0);
      this.#measured.set(change.job, new Map(usable));
    }
    for (const name of this.#measured.keys()) if (!this.#jobs.includes(name)) this.#measured.delete(name);
  }

  weigh(jobName: string, target: AssignedTarget): number {
    const { labels, address } = served(target);
    const declared = Number(labels[LABEL] ?? "");
    if (declared > 0) return declared;
    const ofJob = this.#measured.get(jobName) ?? new Map<string, number>();
    const ofAll = Array.from(this.#measured.values(), (weights) => Array.from(weights.values())).flat();
    return ofJob.get(address) ?? meanOf([...ofJob.values()]) ?? meanOf(ofAll) ?? 1;
  }
}

function meanOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.round(values.reduce((sum, value) => sum + value, 0) / values.length);
}

/** Weight by collector. */
function weightsIn(
  { jobs, collectors }: AllocationSnapshot,
  weigh: (jobName: string, target: AssignedTarget) => number,
): Record<string, number> {
  const sums = Object.fromEntries(collectors.map(({ name }) => [name, 0]));
  for (const { name, byCollector } of jobs.values()) {
    for (const [collector, { targets }] of byCollector) {
      sums[collector] = targets.reduce((sum, target) => sum + weigh(name, target), sums[collector] ?? 0);
    }
  }
  return sums;
}

const byName = (loads: readonly CollectorLoad[]): Record<string, number> =>
  Object.fromEntries(loads.map(({ collector, weight }) => [collector.name, weight]));

describe.each<[string, string]>([
  ["least-weighted", ""],
  ["weighted", ""],
  ["zone-aware", ""],
])("after any history, %s with fallback %j", (strategy, fallback) => {
  const settings = { weightLabels: [LABEL], zoneLabels: [ZONE] };

  it("knows what each collector has to carry, moves no more than allowed, and comes to an end", () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const observed = new Observed(createStrategy(strategy, fallback, settings));
        const allocator = createAllocator({ strategy: observed.factory });
        const scales = new NaiveScales();
        const weigh = strategy === "least-weighted" ? (): number => 1 : scales.weigh.bind(scales);
        for (const change of history) {
          const before = { ...allocator.counters };
          tell(allocator, change);
          scales.tell(change);
          const snapshot = settled(allocator);
          expect(typeof allocator.unbalanced).toBe("boolean");
          const { balanced, moved } = allocator.counters;
          expect(balanced - before.balanced).toBeLessThanOrEqual(change.kind === "moves" ? change.moves : 0);
          expect(moved - before.moved).toBeGreaterThanOrEqual(balanced - before.balanced);
          expect(byName(observed.loads)).toEqual(weightsIn(snapshot, weigh));
        }
        for (let i = 0; allocator.unbalanced && i < 200; i++) {
          allocator.allowMoves(2);
          settled(allocator);
        }
        expect(allocator.unbalanced).toBe(false);
      }),
      { numRuns: 300 },
    );
  });
});

/** Everything on one collector at first, and two empty ones. */
function unevenAllocator(found: readonly string[], identityHash?: (half: number) => number): Allocator {
  const strategy = createStrategy("weighted", "", {});
  const allocator = createAllocator(identityHash === undefined ? { strategy } : { strategy, identityHash });
  allocator.setJobs([job({ name: "a" }), job({ name: "b" })]);
  allocator.setCollectors([{ name: "c0", nodeName: "" }]);
  allocator.updateGroups("a", "p", [group("0", found)]);
  allocator.updateGroups("b", "p", [group("0", found.toSorted().slice(0, 30))]);
  settled(allocator);
  allocator.setCollectors(["c0", "c1", "c2"].map((name) => ({ name, nodeName: "" })));
  settled(allocator);
  return allocator;
}

/** How often a pass lets others work. */
function yieldsOf(allocator: Allocator): number {
  let yields = 0;
  const pass = allocator.work();
  while (pass.next().done !== true) yields += 1;
  return yields;
}

describe("what evens out thousands of targets", () => {
  const addresses = Array.from({ length: 6000 }, (_, i) => `t:${String(i)}`);

  it("weighs and moves in slices, and lets others work between them", () => {
    const allocator = unevenAllocator(addresses);
    allocator.setWeights("a", new Map(addresses.map((address, i) => [address, i % 7 === 0 ? 90 : 3])));
    expect(yieldsOf(allocator)).toBeGreaterThanOrEqual(2);
    const before = allocator.counters.balanced;
    allocator.allowMoves(4000);
    expect(yieldsOf(allocator)).toBeGreaterThanOrEqual(2);
    expect(allocator.counters.balanced - before).toBeGreaterThan(500);
  });

  it("moves the same targets when their hashes are equal, whatever the order in which they came", () => {
    const few = addresses.slice(0, 60);
    const owners = [few, few.toReversed()].map((found) => {
      const allocator = unevenAllocator(found, () => 1);
      allocator.allowMoves(20);
      const { jobs } = settled(allocator);
      return Array.from(jobs.values(), ({ byCollector }) =>
        Array.from(byCollector, ([name, { targets }]) => [name, targets.map(({ address }) => address)]),
      );
    });
    expect(owners[1]).toEqual(owners[0]);
  });
});
