import { describe, expect, it } from "@jest/globals";
import type { Allocator } from "../../../src/allocator/allocator.ts";
import type { AllocationSnapshot } from "../../../src/allocator/snapshot.ts";
import { leastWeighted } from "../../../src/allocator/strategies/least-weighted.ts";
import {
  addressesOf,
  collectors,
  createAllocator,
  group,
  job,
  ownersOf,
  rule,
  settled,
} from "../../support/allocations.ts";

const urls = (count: number, first = 0): string[] => Array.from({ length: count }, (_, i) => `test-url-${first + i}`);

function start(targets: readonly string[], count: number): Allocator {
  const allocator = createAllocator({ strategy: leastWeighted() });
  allocator.setJobs([job()]);
  allocator.updateGroups("job", "p", [group("0", targets)]);
  allocator.setCollectors(collectors(count));
  settled(allocator);
  return allocator;
}

function find(allocator: Allocator, targets: readonly string[]): AllocationSnapshot {
  allocator.updateGroups("job", "p", [group("0", targets)]);
  return settled(allocator);
}

/** Targets per collector, by name. */
const loads = (snapshot: AllocationSnapshot): number[] => [...snapshot.targetsByCollector.values()];

describe("least-weighted", () => {
  it("places in the order of the targets, to the first by name among equals", () => {
    const snapshot = start(["c:1", "a:1", "d:1", "b:1"], 3).snapshot();
    expect(addressesOf(snapshot, "job", "collector-0")).toEqual(["a:1", "d:1"]);
    expect(addressesOf(snapshot, "job", "collector-1")).toEqual(["b:1"]);
    expect(addressesOf(snapshot, "job", "collector-2")).toEqual(["c:1"]);
  });

  it("spreads fresh targets evenly, within one", () => {
    expect(loads(start(urls(27), 3).snapshot())).toEqual([9, 9, 9]);
    expect(loads(start(urls(28), 3).snapshot())).toEqual([10, 9, 9]);
  });

  it("moves nothing to a new collector, which gets the next targets", () => {
    const allocator = start(urls(9), 3);
    const before = ownersOf(allocator.snapshot());
    allocator.setCollectors(collectors(4));
    const joined = settled(allocator);
    expect(ownersOf(joined)).toEqual(before);
    expect(joined.targetsByCollector.get("collector-3")).toBe(0);
    expect(loads(find(allocator, urls(12)))).toEqual([3, 3, 3, 3]);
  });

  it("places only the targets of a collector that left, on the least loaded", () => {
    const allocator = start(urls(9), 3);
    const before = ownersOf(allocator.snapshot());
    allocator.setCollectors(collectors(2));
    const after = settled(allocator);
    const moved = [...ownersOf(after)].filter(([address, owner]) => before.get(address) !== owner);
    expect(moved).toHaveLength(3);
    expect(moved.map(([address]) => before.get(address))).toEqual(["collector-2", "collector-2", "collector-2"]);
    expect(loads(after)).toEqual([5, 4]);
  });

  it("stays near even when many targets go and others come", () => {
    const allocator = start(urls(27), 3);
    find(
      allocator,
      urls(27).filter((_, i) => i % 3 !== 0),
    );
    const snapshot = find(allocator, [...urls(27).filter((_, i) => i % 3 !== 0), ...urls(13, 100)]);
    const mean = 31 / 3;
    for (const load of loads(snapshot)) expect(Math.abs(load - mean)).toBeLessThan(mean * 0.15);
  });

  it("spreads each of three jobs over five collectors", () => {
    const allocator = createAllocator({ strategy: leastWeighted() });
    const names = ["a", "b", "c"];
    allocator.setJobs(names.map((name) => job({ name })));
    for (const name of names) allocator.updateGroups(name, "p", [group("0", urls(100))]);
    allocator.setCollectors(collectors(5));
    const snapshot = settled(allocator);
    for (const name of names) {
      for (const shard of snapshot.jobs.get(name)?.byCollector.values() ?? []) {
        expect(Math.abs(shard.targets.length - 20)).toBeLessThanOrEqual(2);
      }
    }
  });

  it("breaks a tie by the targets of the job", () => {
    const allocator = start(["a:1"], 2);
    allocator.setJobs([job(), job({ name: "other" })]);
    allocator.updateGroups("other", "p", [group("0", ["o:1"])]);
    settled(allocator);
    // Both have one target now; the next of "other" belongs where "other" has none.
    allocator.updateGroups("other", "q", [group("0", ["o:2"])]);
    const snapshot = settled(allocator);
    expect(addressesOf(snapshot, "other", "collector-1")).toEqual(["o:1"]);
    expect(addressesOf(snapshot, "other", "collector-0")).toEqual(["o:2"]);
  });

  it("leaves a target where it is when its labels change, so that it is another one by its final labels", () => {
    const allocator = start(urls(9), 3);
    find(allocator, [...urls(3), ...urls(9, 20)]);
    const before = ownersOf(allocator.snapshot());
    allocator.updateGroups("job", "p", [group("0", [...urls(3), ...urls(9, 20)], { version: "2" })]);
    expect(ownersOf(settled(allocator))).toEqual(before);
    expect(allocator.counters).toMatchObject({ moved: 0, placed: 18 });
  });

  it("leaves all targets of a job where they are when its interval or its rules change", () => {
    const allocator = start(urls(9), 3);
    find(allocator, [...urls(3), ...urls(9, 20)]);
    const before = ownersOf(allocator.snapshot());
    allocator.setJobs([job({ seeds: [["__scrape_interval__", "15s"]] })]);
    expect(ownersOf(settled(allocator))).toEqual(before);
    allocator.setJobs([job({ rules: [rule({ targetLabel: "cluster", replacement: "eu" })] })]);
    expect(ownersOf(settled(allocator))).toEqual(before);
    expect(allocator.counters.moved).toBe(0);
  });

  it("gives targets back to the collectors that had them after a moment without any", () => {
    const allocator = start(urls(9), 3);
    find(allocator, [...urls(3), ...urls(9, 20)]);
    const before = ownersOf(allocator.snapshot());
    allocator.setCollectors([]);
    expect(new Set(ownersOf(settled(allocator)).values())).toEqual(new Set([""]));
    allocator.setCollectors(collectors(3));
    expect(ownersOf(settled(allocator))).toEqual(before);
    expect(allocator.counters.moved).toBe(0);
  });
});
