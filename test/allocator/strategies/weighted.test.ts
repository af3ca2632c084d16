import { describe, expect, it } from "@jest/globals";
import type { Allocator } from "../../../src/allocator/allocator.ts";
import type { AllocationSnapshot } from "../../../src/allocator/snapshot.ts";
import { labelsOf } from "../../../src/allocator/labels/labels-builder.ts";
import { createStrategy } from "../../../src/allocator/strategies/registry.ts";
import { weighted } from "../../../src/allocator/strategies/weighted.ts";
import { collectors, createAllocator, group, job, ownersOf, rule, settled, viewOf } from "../../support/allocations.ts";
import { evennessAmong } from "../../support/evenness.ts";
import { heavyTail } from "../../support/heavy-tail.ts";

const LABEL = "__meta_kubernetes_pod_annotation_opentelemetry_io_scrape_weight";

type Weights = Readonly<Record<string, number>>;

/** Targets by address, with a label that says what they weigh. */
function targetsOf(weights: Weights): ReturnType<typeof group> {
  const own = Object.entries(weights).map(([address, weight]) => ({ __address__: address, [LABEL]: String(weight) }));
  return group("0", own);
}

function start(weights: Weights, count: number): Allocator {
  const allocator = createAllocator({ strategy: weighted() });
  allocator.setJobs([job()]);
  allocator.updateGroups("job", "p", [targetsOf(weights)]);
  allocator.setCollectors(collectors(count));
  settled(allocator);
  return allocator;
}

/** What each collector has to carry, in the order of their names. */
function loadsOf({ jobs, collectors: all }: AllocationSnapshot, weights: Weights): number[] {
  const byCollector = jobs.get("job")?.byCollector;
  return all.map(({ name }) =>
    (byCollector?.get(name)?.targets ?? []).reduce((sum, { address }) => sum + (weights[address] ?? 0), 0),
  );
}

/** Lets moves happen until none is wanted. Returns how many there were in each pass. */
function balance(allocator: Allocator, limit: number): number[] {
  const moves: number[] = [];
  while (allocator.unbalanced && moves.length < 1000) {
    const before = allocator.counters.balanced;
    allocator.allowMoves(limit);
    settled(allocator);
    moves.push(allocator.counters.balanced - before);
  }
  return moves;
}

describe("weighted", () => {
  it("places heavy targets first, each with the collector that has the least weight", () => {
    const weights = { "a:1": 1, "b:1": 2, "c:1": 3, "d:1": 7, "e:1": 5 };
    const { jobs } = start(weights, 3).snapshot();
    const shares = [...(jobs.get("job")?.byCollector.values() ?? [])];
    expect(shares.map(({ targets }) => targets.map(({ address }) => address))).toEqual([
      ["d:1"],
      ["e:1", "a:1"].toSorted(),
      ["b:1", "c:1"],
    ]);
  });

  it("leaves a target that is heavier than all others together alone on its collector", () => {
    const others = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`t:${i}`, 10]));
    const weights = { "giant:1": 5000, ...others };
    const allocator = start(weights, 3);
    expect(loadsOf(allocator.snapshot(), weights)).toEqual([5000, 100, 100]);
    expect(balance(allocator, 10)).toEqual([0]);
    allocator.setCollectors(collectors(4));
    settled(allocator);
    expect(balance(allocator, 10)).toEqual([6]);
    expect(loadsOf(allocator.snapshot(), weights)).toEqual([5000, 70, 70, 60]);
  });

  it("is least-weighted where nothing has a weight", () => {
    const addresses = Array.from({ length: 28 }, (_, i) => `t:${i}`);
    const allocators = ["weighted", "least-weighted"].map((name) => {
      const allocator = createAllocator({ strategy: createStrategy(name) });
      allocator.setJobs([job()]);
      allocator.updateGroups("job", "p", [group("0", addresses)]);
      allocator.setCollectors(collectors(3));
      return ownersOf(settled(allocator));
    });
    expect(allocators[0]).toEqual(allocators[1]);
  });

  it.each<[string, string, number]>([
    ["a whole number", "30", 30],
    ["a fraction, rounded", "29.6", 30],
    ["a number below one, as one", "0.01", 1],
    ["a power of ten", "3e1", 30],
    ["nothing, as one", "", 1],
    ["no number, as one", "heavy", 1],
    ["zero, as one", "0", 1],
    ["a negative number, as one", "-5", 1],
    ["more than can be told apart, as very much", "1e300", 2 ** 31],
    ["infinity, as one", "Infinity", 1],
  ])("reads %s", (_name, text, want) => {
    const strategy = weighted();
    const target = { groupLabels: labelsOf({}), ownLabels: labelsOf({ [LABEL]: text }), address: "a:1" };
    expect(strategy.weightOf?.(target) ?? 1).toBe(want);
  });

  it("reads the first of the configured labels that has a value, of the target before its group", () => {
    const strategy = weighted({ weightLabels: ["mine", "__meta_weight"] });
    const weigh = (groupLabels: Readonly<Record<string, string>>, own: Readonly<Record<string, string>>): unknown =>
      strategy.weightOf?.({ groupLabels: labelsOf(groupLabels), ownLabels: labelsOf(own), address: "a:1" });
    expect(weigh({ __meta_weight: "2" }, {})).toBe(2);
    expect(weigh({ __meta_weight: "2" }, { mine: "3" })).toBe(3);
    expect(weigh({ mine: "4" }, { mine: "5", __meta_weight: "2" })).toBe(5);
    expect(weigh({ mine: "" }, { __meta_weight: "2" })).toBe(2);
    expect(weigh({ [LABEL]: "9" }, {})).toBeUndefined();
  });

  it("weighs as a fallback, too, together with what stays on its node", () => {
    const allocator = createAllocator({ strategy: createStrategy("per-node", "weighted") });
    allocator.setJobs([job()]);
    const onNode = { __address__: "n:1", [LABEL]: "10", __meta_kubernetes_node_name: "node-0" };
    const anywhere = ["a:1", "b:1", "c:1"].map((address) => ({ __address__: address, [LABEL]: "4" }));
    allocator.updateGroups("job", "p", [group("0", [onNode, ...anywhere])]);
    allocator.setCollectors(collectors(2));
    expect(Object.fromEntries(ownersOf(settled(allocator)))).toEqual({
      "n:1": "collector-0",
      "a:1": "collector-1",
      "b:1": "collector-1",
      "c:1": "collector-1",
    });
  });

  it("spreads 10,000 targets of very different weight within a thousandth over 10 collectors", () => {
    const weights = heavyTail(10_000);
    const { least, most } = evennessAmong(loadsOf(start(weights, 10).snapshot(), weights));
    expect(least).toBeGreaterThan(0.999);
    expect(most).toBeLessThan(1.001);
  });
});

describe("weighted by what was measured", () => {
  const addresses = Array.from({ length: 30 }, (_, i) => `t:${i}`);

  function measured(): Allocator {
    const allocator = createAllocator({ strategy: weighted() });
    allocator.setJobs([job()]);
    allocator.updateGroups("job", "p", [group("0", addresses)]);
    allocator.setCollectors(collectors(3));
    return allocator;
  }

  it("goes by the instance of the series", () => {
    const allocator = measured();
    allocator.setJobs([
      job({ rules: [rule({ sourceLabels: ["__address__"], regex: "t:(.*)", targetLabel: "instance" })] }),
    ]);
    allocator.setWeights(
      "job",
      new Map([["0", 1000], ...addresses.slice(1).map((_, i) => [String(i + 1), 1] as const)]),
    );
    const shares = [...(settled(allocator).jobs.get("job")?.byCollector.values() ?? [])];
    expect(shares.map(({ targets }) => targets.length)).toEqual([1, 15, 14]);
  });

  it("takes the address as the instance where the target has none", () => {
    const allocator = measured();
    allocator.setWeights(
      "job",
      new Map([["t:0", 1000], ...addresses.slice(1).map((address) => [address, 1] as const)]),
    );
    expect([...settled(allocator).targetsByCollector.values()]).toEqual([1, 15, 14]);
  });

  it("takes a target that was not measured for an average one of its job, else of all jobs", () => {
    const allocator = measured();
    allocator.setJobs([job(), job({ name: "new" })]);
    allocator.updateGroups("job", "p", [group("0", ["t:0", "t:1", "t:2"])]);
    allocator.updateGroups("new", "p", [group("0", ["n:1"])]);
    allocator.setWeights(
      "job",
      new Map([
        ["t:0", 300],
        ["t:1", 100],
      ]),
    );
    allocator.setCollectors(collectors(2));
    const snapshot = settled(allocator);
    const owners = [...ownersOf(snapshot), ...ownersOf(snapshot, "new")];
    // 300 and 100 on one, two of 200 on the other.
    expect(Object.fromEntries(owners)).toEqual({
      "t:0": "collector-0",
      "t:1": "collector-0",
      "t:2": "collector-1",
      "n:1": "collector-1",
    });
  });

  it("lets what a target says go before what was measured", () => {
    const allocator = measured();
    allocator.updateGroups("job", "p", [group("0", ["a:1", "b:1", { __address__: "c:1", [LABEL]: "50" }])]);
    allocator.setCollectors(collectors(2));
    allocator.setWeights(
      "job",
      new Map([
        ["a:1", 20],
        ["b:1", 20],
        ["c:1", 1],
      ]),
    );
    expect([...settled(allocator).targetsByCollector.values()]).toEqual([1, 2]);
  });

  it("moves nothing when weights change, until moves are allowed", () => {
    const allocator = measured();
    const before = settled(allocator);
    allocator.setWeights("job", new Map(addresses.map((address, i) => [address, i < 10 ? 1000 : 1])));
    expect(settled(allocator)).toBe(before);
    expect(allocator).toMatchObject({ unbalanced: true, counters: { moved: 0 } });
    expect(balance(allocator, 5).length).toBeGreaterThan(0);
    expect(allocator.counters.moved).toBe(allocator.counters.balanced);
  });

  it("ignores weights of a job that does not exist, and forgets those of one that goes", () => {
    const allocator = measured();
    allocator.setWeights("nobody", new Map([["t:0", 5]]));
    settled(allocator);
    allocator.setWeights("job", new Map(addresses.map((address, i) => [address, i < 10 ? 1000 : 1])));
    settled(allocator);
    allocator.setJobs([]);
    settled(allocator);
    allocator.setJobs([job()]);
    allocator.updateGroups("job", "p", [group("0", addresses)]);
    expect([...settled(allocator).targetsByCollector.values()]).toEqual([10, 10, 10]);
  });

  it("has nothing to do with the same weights again, nor with unusable ones", () => {
    const allocator = measured();
    allocator.setWeights(
      "job",
      new Map([
        ["t:0", 7],
        ["t:1", Number.NaN],
        ["t:2", -1],
        ["t:3", 0],
      ]),
    );
    const before = settled(allocator);
    allocator.setWeights("job", new Map([["t:0", 7.2]]));
    expect(settled(allocator)).toBe(before);
  });

  it("is of no interest to strategies that do not weigh", () => {
    const allocator = createAllocator();
    allocator.setWeights("job", new Map([["t:0", 7]]));
    expect(allocator.dirty).toBe(false);
  });
});

describe("balancing weighted targets", () => {
  const even = Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`t:${i}`, 1 + (i % 7)]));

  it("gives a new collector its share, no more targets per pass than allowed, and then stops", () => {
    const allocator = start(even, 9);
    expect(allocator.unbalanced).toBe(false);
    allocator.setCollectors(collectors(10));
    expect(settled(allocator).targetsByCollector.get("collector-9")).toBe(0);
    expect(allocator.unbalanced).toBe(true);
    const moves = balance(allocator, 20);
    expect(Math.max(...moves)).toBe(20);
    const { least, most } = evennessAmong(loadsOf(allocator.snapshot(), even));
    expect(least).toBeGreaterThan(1 / 1.06);
    expect(most).toBeLessThan(1.06);
    // A tenth of the weight, by the heavy ones: less than a tenth of the targets.
    expect(allocator.counters.balanced).toBeLessThan(90);
    expect(allocator.unbalanced).toBe(false);
  });

  it("moves only to the collector that has less, and nothing else with it", () => {
    const allocator = start(even, 9);
    const before = ownersOf(allocator.snapshot());
    allocator.setCollectors(collectors(10));
    settled(allocator);
    balance(allocator, 1000);
    const moved = [...ownersOf(allocator.snapshot())].filter(([address, owner]) => before.get(address) !== owner);
    expect(new Set(moved.map(([, owner]) => owner))).toEqual(new Set(["collector-9"]));
    expect(moved).toHaveLength(allocator.counters.balanced);
  });

  it("begins late and ends early", () => {
    const weights: Record<string, number> = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`t:${i}`, 10]));
    const allocator = start(weights, 3);
    const onFirst = [...ownersOf(allocator.snapshot())].flatMap(([address, owner]) =>
      owner === "collector-0" ? [address] : [],
    );
    for (const address of onFirst.slice(0, 18)) weights[address] = 20;
    allocator.updateGroups("job", "p", [targetsOf(weights)]);
    settled(allocator);
    expect(loadsOf(allocator.snapshot(), weights)).toEqual([1180, 1000, 1000]);
    expect(allocator.unbalanced).toBe(false);
    for (const address of onFirst.slice(0, 24)) weights[address] = 20;
    allocator.updateGroups("job", "p", [targetsOf(weights)]);
    settled(allocator);
    expect(allocator.unbalanced).toBe(true);
    balance(allocator, 1);
    expect(Math.max(...loadsOf(allocator.snapshot(), weights))).toBeLessThanOrEqual(1080 * 1.05);
  });

  it("needs few moves, because it moves what fits best", () => {
    const light = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`t:${i}`, 1]));
    const weights = { "a:1": 100, "b:1": 50, ...light };
    const allocator = start(weights, 1);
    allocator.setCollectors(collectors(2));
    settled(allocator);
    expect(balance(allocator, 100)).toEqual([2]);
    expect(loadsOf(allocator.snapshot(), weights)).toEqual([150, 150]);
  });

  it("does nothing without permission, and loses what it does not use", () => {
    const allocator = start(even, 9);
    allocator.allowMoves(100);
    expect(allocator.dirty).toBe(true);
    settled(allocator);
    allocator.setCollectors(collectors(10));
    settled(allocator);
    expect(allocator.counters.balanced).toBe(0);
  });

  it("gives the same result for the same history, in whatever order groups came", () => {
    const [one, other] = [start(even, 9), start(Object.fromEntries(Object.entries(even).toReversed()), 9)];
    for (const allocator of [one, other]) {
      allocator.setCollectors(collectors(11));
      settled(allocator);
      balance(allocator, 13);
    }
    expect(viewOf(one.snapshot())).toEqual(viewOf(other.snapshot()));
  });

  it("helps least-weighted, too", () => {
    const allocator = createAllocator({ strategy: createStrategy("least-weighted") });
    allocator.setJobs([job()]);
    allocator.updateGroups("job", "p", [group("0", Object.keys(even))]);
    allocator.setCollectors(collectors(2));
    settled(allocator);
    allocator.setCollectors(collectors(3));
    settled(allocator);
    expect(balance(allocator, 100)).toEqual([100, 100, expect.any(Number)]);
    const loads = [...allocator.snapshot().targetsByCollector.values()];
    expect(evennessAmong(loads).most).toBeLessThan(1.05);
    expect(evennessAmong(loads).least).toBeGreaterThan(0.95);
  });
});
