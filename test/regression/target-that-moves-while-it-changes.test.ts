import { expect, it } from "@jest/globals";
import { createStrategy } from "../../src/allocator/strategies/registry.ts";
import { collectors, createAllocator, group, job, settled } from "../support/allocations.ts";

// A target that a pass both replaced by an equal one and moved stayed with the collector before, too: it was scraped
// twice.
it("a target that changes and moves in one pass has one collector afterwards", () => {
  const allocator = createAllocator({ strategy: createStrategy("least-weighted") });
  allocator.setJobs([job()]);
  const addresses = Array.from({ length: 20 }, (_, i) => `t:${i}`);
  allocator.updateGroups("job", "p", [group("0", addresses, { __meta_version: "1" })]);
  allocator.setCollectors(collectors(1));
  settled(allocator);
  allocator.updateGroups("job", "p", [group("0", addresses, { __meta_version: "2" })]);
  allocator.setCollectors(collectors(2));
  allocator.allowMoves(100);
  const { byCollector } = settled(allocator).jobs.get("job") ?? {};
  const served = [...(byCollector?.values() ?? [])].flatMap(({ targets }) => targets.map(({ address }) => address));
  expect(allocator.counters.balanced).toBe(10);
  expect(served.toSorted()).toEqual(addresses.toSorted());
});

const weigh = (weights: readonly number[]) =>
  weights.map((weight, i) => ({ __address__: `t:${i}`, __meta_weight: String(weight) }));

it("a target that appears and moves in one pass is with the collector that it moved to alone", () => {
  const allocator = createAllocator({ strategy: createStrategy("weighted", "", { weightLabels: ["__meta_weight"] }) });
  allocator.setJobs([job()]);
  allocator.setCollectors(collectors(2));
  settled(allocator);
  allocator.updateGroups("job", "p", [group("0", weigh([6, 5]))]);
  settled(allocator);
  allocator.updateGroups("job", "p", [group("0", weigh([1, 5, 1, 1, 1, 1]))]);
  allocator.allowMoves(100);
  const { byCollector, counts } = settled(allocator).jobs.get("job") ?? {};
  const served = [...(byCollector?.values() ?? [])].flatMap(({ targets }) => targets.map(({ address }) => address));
  expect(served.toSorted()).toEqual(["t:0", "t:1", "t:2", "t:3", "t:4", "t:5"]);
  expect(counts?.assigned).toBe(6);
});
