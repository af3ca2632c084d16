import { beforeEach, describe, expect, it } from "@jest/globals";

import { type Allocator, createStrategy } from "../../src/allocator/index.ts";
import { type AllocationPlan, planAllocation } from "../../src/pipeline/allocation-plan.ts";
import { ReplaceableEngine } from "../../src/pipeline/replaceable-engine.ts";
import { addressesOf, group, ownersOf } from "../support/allocations.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { fileOf } from "../support/pipeline-stage.ts";

const signal = new AbortController().signal;
let clock: FakeClock;
let engine: ReplaceableEngine;

beforeEach(() => {
  clock = new FakeClock();
  engine = new ReplaceableEngine();
});

function planned(strategy = "consistent-hashing"): AllocationPlan {
  return planAllocation(fileOf({ jobs: { web: { targets: [] } }, settings: { allocation_strategy: strategy } }));
}

const nothing = (): readonly undefined[] => [];

/** Hands an engine one group of the job. */
const replaying =
  (...addresses: readonly string[]) =>
  (allocator: Allocator): readonly undefined[] => {
    allocator.updateGroups("web", "p", [group("g", addresses)]);
    return [];
  };

const withSettings = (settings: unknown): AllocationPlan =>
  planAllocation(
    fileOf({
      jobs: { web: { targets: [] } },
      settings: { allocation_strategy: "rendezvous", allocation_strategy_settings: settings },
    }),
  );
const withJobs = (...names: readonly string[]): AllocationPlan =>
  planAllocation(
    fileOf({
      jobs: Object.fromEntries(names.map((name) => [name, { targets: [] }])),
      settings: { allocation_strategy: "weighted" },
    }),
  );

describe("ReplaceableEngine", () => {
  it("has nothing to do and an empty result before it is configured", async () => {
    expect(engine).toMatchObject({ dirty: false, snapshot: { version: 0 } });
    await expect(engine.pass(clock, signal)).resolves.toBeUndefined();
  });

  it("says what a pass has done", async () => {
    engine.configure(planned(), replaying("x:80", "y:80"));
    engine.setCollectors([{ name: "a", nodeName: "" }]);
    expect(engine.dirty).toBe(true);
    await expect(engine.pass(clock, signal)).resolves.toEqual({
      changed: true,
      method: "SetCollectors",
      seconds: 0,
      processed: 2,
      moved: 0,
      balanced: 0,
    });
    engine.updateGroups("web", "p", [group("h", ["z:80"])]);
    await expect(engine.pass(clock, signal)).resolves.toMatchObject({ method: "SetTargets", processed: 1 });
    engine.removeProvider("web", "p");
    await engine.pass(clock, signal);
    expect(engine.snapshot.jobs.get("web")?.counts.discovered).toBe(0);
  });

  it("keeps nothing of what it is told before its first pass, which begins with everything", async () => {
    const found: string[] = [];
    engine.configure(planned(), (allocator) => replaying(...found)(allocator));
    engine.updateGroups("web", "p", [group("long-gone", ["old:80"])]);
    engine.removeProvider("web", "p");
    found.push("x:80");
    expect(engine.dirty).toBe(true);
    await engine.pass(clock, signal);
    expect([...ownersOf(engine.snapshot, "web").keys()]).toEqual(["x:80"]);
    expect(engine.dirty).toBe(false);
  });

  it("is told of what changes while it is handed what is known", async () => {
    engine.configure(planned(), function* replay(allocator) {
      allocator.updateGroups("web", "p", [group("early", ["x:80"])]);
      engine.updateGroups("web", "p", [group("early", ["y:80"])]);
      yield undefined;
      engine.updateGroups("web", "p", [group("late", ["old:80"])]);
      allocator.updateGroups("web", "p", [group("early", ["y:80"]), group("late", ["z:80"])]);
    });
    engine.setCollectors([{ name: "a", nodeName: "" }]);
    await expect(engine.pass(clock, signal)).resolves.toMatchObject({ processed: 2 });
    expect([...ownersOf(engine.snapshot, "web").keys()]).toEqual(["y:80", "z:80"]);
  });

  it("keeps its engine for another plan with the same strategy", async () => {
    engine.configure(planned(), replaying("x:80"));
    await engine.pass(clock, signal);
    const before = engine.snapshot;
    engine.configure(planned(), () => {
      throw new Error("nothing to replay");
    });
    await expect(engine.pass(clock, signal)).resolves.toMatchObject({ changed: false, processed: 0 });
    expect(engine.snapshot).toBe(before);
  });

  it("serves the old result until an engine with another strategy has its own, under a higher version", async () => {
    engine.configure(planned(), replaying("x:80"));
    engine.setCollectors([{ name: "a", nodeName: "" }]);
    await engine.pass(clock, signal);
    const before = engine.snapshot;
    engine.configure(planned("per-node"), replaying("x:80"));
    expect(engine.snapshot).toBe(before);
    await engine.pass(clock, signal);
    expect(engine.snapshot.version).toBeGreaterThan(before.version);
    expect(engine.snapshot.collectors).toEqual([{ name: "a", nodeName: "" }]);
    expect(engine.snapshot.jobs.get("web")?.counts).toMatchObject({ discovered: 1, unassigned: 1 });
  });

  it("keeps its engine while only the number of moves changes, and takes another for other settings", async () => {
    let replayed = 0;
    const inner = replaying("x:80");
    const replay: typeof inner = (allocator) => {
      replayed += 1;
      return inner(allocator);
    };
    for (const [settings, want] of [
      [{}, 1],
      [{ max_moves_per_minute: 3 }, 1],
      [{ key: "url" }, 2],
      [{ key: "url" }, 2],
    ] as const) {
      engine.configure(withSettings(settings), replay);
      await engine.pass(clock, signal);
      expect(replayed).toBe(want);
    }
  });

  it("tells weights to an engine that begins, and again when jobs change, because it forgets those of no job", async () => {
    const addresses = ["heavy:80", "a:80", "b:80", "c:80"];
    const sizes = (job: string): readonly number[] =>
      [...(engine.snapshot.jobs.get(job)?.byCollector.values() ?? [])].map(({ targets }) => targets.length);
    const measured = new Map(addresses.map((address) => [address, address === "heavy:80" ? 30 : 10]));
    engine.setWeights(
      new Map([
        ["web", measured],
        ["late", measured],
      ]),
    );
    engine.setCollectors(["a", "b"].map((name) => ({ name, nodeName: "" })));
    engine.configure(withJobs("web"), replaying(...addresses));
    await engine.pass(clock, signal);
    expect(sizes("web")).toEqual([1, 3]);
    engine.configure(withJobs("web", "late"), nothing);
    engine.updateGroups("late", "p", [group("g", addresses)]);
    await engine.pass(clock, signal);
    expect(sizes("late")).toEqual([1, 3]);
    engine.setWeights(new Map());
    await engine.pass(clock, signal);
    expect(engine.unbalanced).toBe(true);
    engine.allowMoves(10);
    await expect(engine.pass(clock, signal)).resolves.toMatchObject({ balanced: 2, moved: 2 });
    expect(Object.fromEntries(engine.snapshot.targetsByCollector)).toEqual({ a: 4, b: 4 });
  });

  it("drops the result of an engine that was replaced during its pass", async () => {
    engine.configure(planned(), nothing);
    const pass = engine.pass(clock, signal);
    engine.configure(planned("per-node"), nothing);
    await expect(pass).resolves.toBeUndefined();
    expect(engine.snapshot.version).toBe(0);
  });

  it("rejects when a pass breaks off, keeps the last result, and begins anew with the next pass", async () => {
    let broken = false;
    const strategy = createStrategy("consistent-hashing");
    const factory: typeof strategy = {
      ...strategy,
      keyOf: (target, labels) => {
        if (broken) throw new Error("bug in a strategy");
        return strategy.keyOf(target, labels);
      },
    };
    const plan = planned();
    engine.configure({ ...plan, strategy: { ...plan.strategy, factory } }, replaying("x:80", "y:80"));
    engine.setCollectors([{ name: "a", nodeName: "" }]);
    await engine.pass(clock, signal);
    const before = engine.snapshot;
    broken = true;
    engine.updateGroups("web", "q", [group("g", ["lost:80"])]);
    await expect(engine.pass(clock, signal)).rejects.toThrow("bug in a strategy");
    expect(engine.snapshot).toBe(before);
    expect(engine.dirty).toBe(true);
    broken = false;
    await expect(engine.pass(clock, signal)).resolves.toMatchObject({ processed: 2 });
    expect(engine.snapshot.version).toBeGreaterThan(before.version);
    expect(addressesOf(engine.snapshot, "web", "a")).toEqual(["x:80", "y:80"]);
  });
});
