import { describe, expect, it } from "@jest/globals";
import type { Allocator } from "../../../src/allocator/allocator.ts";
import type { CollectorInstance } from "../../../src/allocator/collector-instance.ts";
import type { AllocationSnapshot } from "../../../src/allocator/snapshot.ts";
import { createStrategy } from "../../../src/allocator/strategies/registry.ts";
import type { TargetGroup } from "../../../src/allocator/targets/target-group.ts";
import {
  addressesOf,
  collectors,
  createAllocator,
  group,
  job,
  ownersOf,
  settled,
  viewOf,
} from "../../support/allocations.ts";

/** Targets on the nodes of the first three collectors, so that every strategy can place them. */
function targets(count: number, first = 0): TargetGroup {
  const own = Array.from({ length: count }, (_, i) => ({
    __address__: `test-url-${first + i}`,
    __meta_kubernetes_node_name: `node-${(first + i) % 3}`,
  }));
  return group("0", own);
}

function total(snapshot: AllocationSnapshot): number {
  return [...snapshot.targetsByCollector.values()].reduce((sum, count) => sum + count, 0);
}

/** No target refers to a collector that does not exist, none is lost or doubled, and all counts agree. */
function expectConsistent(snapshot: AllocationSnapshot): void {
  const names = snapshot.collectors.map(({ name }) => name);
  expect([...snapshot.targetsByCollector.keys()]).toEqual(names);
  const sums = new Map(names.map((name) => [name, 0]));
  for (const { byCollector, unassigned, counts } of snapshot.jobs.values()) {
    for (const [name, shard] of byCollector) {
      expect(names).toContain(name);
      expect(shard.targets.length).toBeGreaterThan(0);
      sums.set(name, (sums.get(name) ?? 0) + shard.targets.length);
    }
    const assigned = [...byCollector.values()].reduce((sum, shard) => sum + shard.targets.length, 0);
    expect(counts.assigned).toBe(assigned);
    expect(counts.unassigned).toBe(unassigned.targets.length);
    expect(counts.discovered).toBe(counts.dropped + counts.duplicates + counts.assigned + counts.unassigned);
  }
  expect(snapshot.targetsByCollector).toEqual(sums);
}

/** Every strategy must keep these promises. */
describe.each<[string, string | undefined]>([
  ["consistent-hashing", undefined],
  ["least-weighted", undefined],
  ["per-node", undefined],
  ["per-node", "consistent-hashing"],
  ["per-node", "least-weighted"],
  ["per-node", "per-node"],
  ["per-node", "rendezvous"],
  ["per-node", "weighted"],
  ["per-node", "zone-aware"],
  ["rendezvous", undefined],
  ["weighted", undefined],
  ["zone-aware", undefined],
])("%s with fallback %s keeps the contract:", (strategy, fallback) => {
  const create = (): Allocator => {
    const allocator = createAllocator({ strategy: createStrategy(strategy, fallback) });
    allocator.setJobs([job()]);
    return allocator;
  };
  const set = (
    allocator: Allocator,
    found: TargetGroup,
    instances: readonly CollectorInstance[],
  ): AllocationSnapshot => {
    allocator.updateGroups("job", "static", [found]);
    allocator.setCollectors(instances);
    const snapshot = settled(allocator);
    expectConsistent(snapshot);
    return snapshot;
  };

  it("three collectors are exactly these three", () => {
    const snapshot = set(create(), targets(0), collectors(3));
    expect(snapshot.collectors).toEqual(collectors(3));
    expect([...snapshot.targetsByCollector]).toEqual(collectors(3).map((collector) => [collector.name, 0]));
  });

  it("targets without collectors are kept, unassigned", () => {
    const snapshot = set(create(), targets(3), []);
    expect(snapshot.jobs.get("job")?.counts).toMatchObject({ assigned: 0, unassigned: 3 });
  });

  it("a target that comes after the collectors gets one", () => {
    const allocator = create();
    allocator.setCollectors(collectors(3));
    settled(allocator);
    expect(total(set(allocator, targets(1), collectors(3)))).toBe(1);
  });

  it("a target that comes before the collectors gets one once they appear", () => {
    const allocator = create();
    set(allocator, targets(1), []);
    expect(total(set(allocator, targets(1), collectors(3)))).toBe(1);
  });

  it("of six targets exactly the four that are found again stay", () => {
    const allocator = create();
    expect(total(set(allocator, targets(6), collectors(3)))).toBe(6);
    const snapshot = set(allocator, targets(4), collectors(3));
    expect([...ownersOf(snapshot).keys()].toSorted()).toEqual(["test-url-0", "test-url-1", "test-url-2", "test-url-3"]);
  });

  it("collectors come and go, and no target ever refers to one that is gone", () => {
    const allocator = create();
    set(allocator, targets(6), collectors(3));
    set(allocator, targets(6), collectors(2));
    set(allocator, targets(6), collectors(4, 1));
    const last = set(allocator, targets(6), []);
    expect(last.jobs.get("job")?.byCollector.size).toBe(0);
    expect(last.jobs.get("job")?.counts.unassigned).toBe(6);
  });

  it("two targets with one address and different labels are both kept", () => {
    const found = group("0", [
      { __address__: "a:1", path: "/x", __meta_kubernetes_node_name: "node-0" },
      { __address__: "a:1", path: "/y", __meta_kubernetes_node_name: "node-0" },
    ]);
    expect(total(set(create(), found, collectors(3)))).toBe(2);
  });

  it("an unknown collector or job has no targets", () => {
    const snapshot = set(create(), targets(3), collectors(3));
    expect(snapshot.jobs.get("job")?.byCollector.get("nobody")).toBeUndefined();
    expect(snapshot.jobs.get("nothing")).toBeUndefined();
  });

  it("no targets any more leaves the collectors", () => {
    const allocator = create();
    set(allocator, targets(6), collectors(3));
    const snapshot = set(allocator, targets(0), collectors(3));
    expect(total(snapshot)).toBe(0);
    expect(snapshot.collectors).toEqual(collectors(3));
  });

  it("the same targets again change nothing, not even an object", () => {
    const allocator = create();
    const before = set(allocator, targets(6), collectors(3));
    expect(set(allocator, targets(6), collectors(3))).toBe(before);
    expect(allocator.counters.groupsUnchanged).toBe(1);
  });

  it("new meta labels of a target are visible, on the same collector, once", () => {
    const allocator = create();
    const labels = { __address__: "a:1", __meta_kubernetes_node_name: "node-1" };
    const before = set(allocator, group("0", [{ ...labels, __meta_pod: "old" }]), collectors(3));
    const after = set(allocator, group("0", [{ ...labels, __meta_pod: "new" }]), collectors(3));
    expect(ownersOf(after)).toEqual(ownersOf(before));
    expect(total(after)).toBe(1);
    expect(JSON.stringify(viewOf(after))).toContain("new");
    expect(JSON.stringify(viewOf(after))).not.toContain("old");
    expect(allocator.counters.moved).toBe(0);
  });

  it("the same collectors again, in another order, change nothing", () => {
    const allocator = create();
    const before = set(allocator, targets(30), collectors(3));
    expect(set(allocator, targets(30), collectors(3).toReversed())).toBe(before);
  });

  it("two jobs with the same addresses keep all their targets", () => {
    const allocator = create();
    allocator.setJobs([job({ name: "a" }), job({ name: "b" })]);
    for (const name of ["a", "b"]) allocator.updateGroups(name, "static", [targets(3)]);
    allocator.setCollectors(collectors(3));
    const snapshot = settled(allocator);
    expectConsistent(snapshot);
    expect(total(snapshot)).toBe(6);
  });

  it("without collectors for a moment nothing moves", () => {
    const allocator = create();
    const before = set(allocator, targets(30), collectors(3));
    set(allocator, targets(30), []);
    const after = set(allocator, targets(30), collectors(3));
    expect(viewOf(after)).toEqual(viewOf(before));
    expect(allocator.counters.moved).toBe(0);
  });

  it("the same inputs give the same bytes, whatever the order they come in", () => {
    const forward = create();
    forward.setCollectors(collectors(3));
    forward.updateGroups("job", "p", [targets(10)]);
    forward.updateGroups("job", "q", [targets(10, 10)]);
    const backward = createAllocator({ strategy: createStrategy(strategy, fallback) });
    backward.updateGroups("job", "q", [targets(10, 10)]);
    backward.updateGroups("job", "p", [targets(10)]);
    backward.setCollectors(collectors(3).toReversed());
    backward.setJobs([job()]);
    expect(viewOf(settled(backward))).toEqual(viewOf(settled(forward)));
  });

  it("a shard is sorted by address", () => {
    const snapshot = set(create(), targets(30), collectors(3));
    for (const { name: collector } of snapshot.collectors) {
      const addresses = addressesOf(snapshot, "job", collector);
      expect(addresses).toEqual(addresses.toSorted());
    }
  });
});
