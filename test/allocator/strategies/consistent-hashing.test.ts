import { describe, expect, it } from "@jest/globals";
import type { Allocator } from "../../../src/allocator/allocator.ts";
import { collectors, createAllocator, group, job, ownersOf, settled } from "../../support/allocations.ts";

const urls = (count: number, first = 0): string[] => Array.from({ length: count }, (_, i) => `test-url-${first + i}`);

function start(targets: readonly string[], count: number): Allocator {
  const allocator = createAllocator();
  allocator.setJobs([job()]);
  allocator.updateGroups("job", "p", [group("0", targets)]);
  allocator.setCollectors(collectors(count));
  settled(allocator);
  return allocator;
}

describe("consistent-hashing", () => {
  it("gives each of 15 collectors within half of the mean of 10,000 targets", () => {
    const { targetsByCollector } = start(urls(10_000), 15).snapshot();
    for (const count of targetsByCollector.values()) {
      expect(count).toBeGreaterThan((10_000 / 15) * 0.5);
      expect(count).toBeLessThan((10_000 / 15) * 1.5);
    }
  });

  it("moves every target when all ten collectors are replaced", () => {
    const allocator = start(urls(1000), 10);
    allocator.setCollectors(collectors(10, 10));
    const owners = new Set(ownersOf(settled(allocator)).values());
    const replaced = new Set(collectors(10, 10).map(({ name }) => name));
    expect([...owners].filter((owner) => !replaced.has(owner))).toEqual([]);
    expect(allocator.counters.moved).toBe(1000);
  });

  it("moves 1,001 of 10,000 targets from 15 to 16 collectors, as the Go allocator does", () => {
    const allocator = start(urls(10_000), 15);
    allocator.setCollectors(collectors(16));
    settled(allocator);
    expect(allocator.counters.moved).toBe(1001);
  });

  it("places what was added and replaced while there were no collectors", () => {
    const allocator = start(urls(2), 0);
    for (const found of [urls(4), urls(4, 10), [...urls(2, 10), ...urls(4)], urls(6)]) {
      allocator.updateGroups("job", "p", [group("0", found)]);
      settled(allocator);
    }
    allocator.setCollectors(collectors(2));
    const snapshot = settled(allocator);
    expect(snapshot.jobs.get("job")?.counts.assigned).toBe(6);
    for (const count of snapshot.targetsByCollector.values()) {
      expect(count).toBeGreaterThanOrEqual(2);
      expect(count).toBeLessThanOrEqual(4);
    }
  });

  it("gives the targets of all jobs with one address to one collector", () => {
    const allocator = start([], 5);
    allocator.setJobs([job({ name: "a" }), job({ name: "b" })]);
    for (const name of ["a", "b"]) allocator.updateGroups(name, "p", [group("0", urls(100))]);
    const snapshot = settled(allocator);
    expect(ownersOf(snapshot, "a")).toEqual(ownersOf(snapshot, "b"));
  });

  it("does not look at labels", () => {
    const allocator = start(urls(100), 5);
    const before = ownersOf(allocator.snapshot());
    allocator.updateGroups("job", "p", [group("0", urls(100), { env: "new" })]);
    expect(ownersOf(settled(allocator))).toEqual(before);
  });

  it("gives every target one owner among more collectors than partitions", () => {
    const allocator = start(urls(3000), 1500);
    const { counts, byCollector } = allocator.snapshot().jobs.get("job") ?? {};
    expect(counts).toMatchObject({ assigned: 3000, unassigned: 0 });
    expect(byCollector?.size).toBeLessThanOrEqual(1061);
    expect(byCollector?.size).toBeGreaterThan(900);
  });
});
