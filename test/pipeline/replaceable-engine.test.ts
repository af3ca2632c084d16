import { beforeEach, describe, expect, it } from "@jest/globals";

import { createStrategy } from "../../src/allocator/index.ts";
import { type AllocationPlan, planAllocation } from "../../src/pipeline/allocation-plan.ts";
import { ReplaceableEngine } from "../../src/pipeline/replaceable-engine.ts";
import { group } from "../support/allocations.ts";
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

const nothing = (): void => undefined;

describe("ReplaceableEngine", () => {
  it("has nothing to do and an empty result before it is configured", async () => {
    expect(engine).toMatchObject({ dirty: false, snapshot: { version: 0 } });
    await expect(engine.pass(clock, signal)).resolves.toBeUndefined();
  });

  it("says what a pass has done", async () => {
    engine.configure(planned(), nothing);
    engine.updateGroups("web", "p", [group("g", ["x:80", "y:80"])]);
    engine.setCollectors([{ name: "a", nodeName: "" }]);
    expect(engine.dirty).toBe(true);
    await expect(engine.pass(clock, signal)).resolves.toEqual({
      changed: true,
      method: "SetCollectors",
      seconds: 0,
      processed: 2,
      moved: 0,
    });
    engine.updateGroups("web", "p", [group("h", ["z:80"])]);
    await expect(engine.pass(clock, signal)).resolves.toMatchObject({ method: "SetTargets", processed: 1 });
    engine.removeProvider("web", "p");
    await engine.pass(clock, signal);
    expect(engine.snapshot.jobs.get("web")?.counts.discovered).toBe(0);
  });

  it("keeps its engine for another plan with the same strategy", async () => {
    engine.configure(planned(), nothing);
    engine.updateGroups("web", "p", [group("g", ["x:80"])]);
    await engine.pass(clock, signal);
    const before = engine.snapshot;
    engine.configure(planned(), () => {
      throw new Error("nothing to replay");
    });
    await expect(engine.pass(clock, signal)).resolves.toMatchObject({ changed: false, processed: 0 });
    expect(engine.snapshot).toBe(before);
  });

  it("serves the old result until an engine with another strategy has its own, under a higher version", async () => {
    engine.configure(planned(), nothing);
    engine.setCollectors([{ name: "a", nodeName: "" }]);
    engine.updateGroups("web", "p", [group("g", ["x:80"])]);
    await engine.pass(clock, signal);
    const before = engine.snapshot;
    engine.configure(planned("per-node"), (allocator) => {
      allocator.updateGroups("web", "p", [group("g", ["x:80"])]);
    });
    expect(engine.snapshot).toBe(before);
    await engine.pass(clock, signal);
    expect(engine.snapshot.version).toBeGreaterThan(before.version);
    expect(engine.snapshot.collectors).toEqual([{ name: "a", nodeName: "" }]);
    expect(engine.snapshot.jobs.get("web")?.counts).toMatchObject({ discovered: 1, unassigned: 1 });
  });

  it("drops the result of an engine that was replaced during its pass", async () => {
    engine.configure(planned(), nothing);
    const pass = engine.pass(clock, signal);
    engine.configure(planned("per-node"), nothing);
    await expect(pass).resolves.toBeUndefined();
    expect(engine.snapshot.version).toBe(0);
  });

  it("rejects when a pass breaks off, and keeps the last result", async () => {
    engine.configure(planned(), nothing);
    await engine.pass(clock, signal);
    const before = engine.snapshot;
    const broken = {
      ...createStrategy("per-node"),
      keyOf: (): string => {
        throw new Error("bug in a strategy");
      },
    };
    const plan = planned("per-node");
    engine.configure({ ...plan, strategy: { ...plan.strategy, factory: broken } }, (allocator) => {
      allocator.updateGroups("web", "p", [group("g", ["x:80"])]);
    });
    await expect(engine.pass(clock, signal)).rejects.toThrow("bug in a strategy");
    expect(engine.snapshot).toBe(before);
  });
});
