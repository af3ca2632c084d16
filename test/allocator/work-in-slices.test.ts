import { describe, expect, it } from "@jest/globals";
import type { Allocator } from "../../src/allocator/allocator.ts";
import { createStrategy } from "../../src/allocator/strategies/registry.ts";
import { KnownGroup } from "../../src/allocator/targets/known-group.ts";
import { WorkSlice } from "../../src/allocator/work-slice.ts";
import { addressesOf, collectors, createAllocator, group, job, rule, settled } from "../support/allocations.ts";

const COUNT = 10_000;
const addresses = Array.from({ length: COUNT }, (_, i) => `10.0.${String(i >> 8)}.${String(i & 255)}:9100`);
const renamed = addresses.map((address, i) => ({ __address__: address, version: i === COUNT - 1 ? "2" : "1" }));

/** How often a pass lets others work. */
function yieldsOf(allocator: Allocator): number {
  let yields = 0;
  while (allocator.dirty) {
    const pass = allocator.work();
    while (pass.next().done !== true) yields += 1;
  }
  return yields;
}

function settledAllocator(strategy = "consistent-hashing"): Allocator {
  const allocator = createAllocator({ strategy: createStrategy(strategy) });
  allocator.setJobs([job()]);
  allocator.setCollectors(collectors(4));
  allocator.updateGroups("job", "p", [group("0", addresses)]);
  settled(allocator);
  return allocator;
}

/** Whatever is to be done for thousands of targets is done in many slices. */
describe("a long pass lets others work", () => {
  it.each<{ name: string; strategy?: string; change: (allocator: Allocator) => void; atLeast: number }>([
    {
      name: "over targets that did not change",
      change: (allocator) => allocator.updateGroups("job", "p", [group("0", addresses)]),
      atLeast: 2,
    },
    {
      name: "over targets that all changed",
      change: (allocator) => allocator.updateGroups("job", "p", [group("0", renamed)]),
      atLeast: 20,
    },
    {
      name: "over new rules",
      change: (allocator) => allocator.setJobs([job({ rules: [rule({ targetLabel: "env", replacement: "x" })] })]),
      atLeast: 30,
    },
    {
      name: "over a target before all others that did not change",
      change: (allocator) => allocator.updateGroups("job", "p", [group("0", ["0.0.0.0:1", ...addresses])]),
      atLeast: 2,
    },
    {
      name: "over thousands of jobs",
      change: (allocator) => {
        const names = Array.from({ length: 6000 }, (_, i) => `job-${String(i)}`);
        allocator.setJobs([job(), ...names.map((name) => job({ name }))]);
        for (const name of names) allocator.updateGroups(name, "p", [group("0", ["a:1"])]);
      },
      atLeast: 10,
    },
    {
      name: "over thousands that lead to one target",
      change: (allocator) =>
        allocator.updateGroups("job", "p", [
          group(
            "0",
            addresses.map((address, i) => ({ __address__: address, __meta_i: String(i) })),
          ),
          group(
            "1",
            Array.from({ length: COUNT }, (_, i) => ({ __address__: "a:1", __meta_i: String(i) })),
          ),
        ]),
      atLeast: 10,
    },
    {
      name: "over a job that goes",
      change: (allocator) => allocator.setJobs([]),
      atLeast: 2,
    },
    {
      name: "over a provider that goes",
      change: (allocator) => allocator.removeProvider("job", "p"),
      atLeast: 2,
    },
    ...["consistent-hashing", "least-weighted", "rendezvous", "weighted", "zone-aware"].flatMap((strategy) => [
      {
        name: `over collectors that go, with ${strategy}`,
        strategy,
        change: (allocator: Allocator) => allocator.setCollectors(collectors(2)),
        atLeast: 2,
      },
      {
        name: `over a collector that comes, with ${strategy}`,
        strategy,
        change: (allocator: Allocator) => {
          allocator.setCollectors(collectors(5));
          // Others may only come to have targets when something else changes, too.
          allocator.updateGroups("job", "q", [
            group(
              "0",
              Array.from({ length: 3000 }, (_, i) => `new:${String(i)}`),
            ),
          ]);
        },
        atLeast: 2,
      },
    ]),
  ])("$name", ({ strategy, change, atLeast }) => {
    const allocator = settledAllocator(strategy);
    change(allocator);
    expect(yieldsOf(allocator)).toBeGreaterThanOrEqual(atLeast);
    const { jobs } = allocator.snapshot();
    const { assigned = 0, duplicates = 0, discovered = 0 } = jobs.get("job")?.counts ?? {};
    expect(assigned + duplicates).toBe(discovered);
  });

  it("over the collectors of targets that are replaced", () => {
    const known = new KnownGroup(group("0", addresses));
    const all = { from: 0, to: COUNT };
    const steps = [...known.adopt(group("0", renamed), { old: all, new: all }, new WorkSlice())];
    expect(steps.length).toBeGreaterThanOrEqual(2);
    expect(known.members).toHaveLength(COUNT);
  });

  it("and ends with what one long slice would have ended with", () => {
    const allocator = settledAllocator();
    allocator.updateGroups("job", "p", [group("0", renamed.slice(1))]);
    const snapshot = settled(allocator);
    const found = snapshot.collectors.flatMap(({ name }) => addressesOf(snapshot, "job", name));
    expect(found.toSorted()).toEqual(addresses.slice(1).toSorted());
  });
});
