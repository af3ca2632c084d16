import { beforeEach, describe, expect, it } from "@jest/globals";

import { PassScheduler } from "../../src/pipeline/pass-scheduler.ts";
import { FakeClock, settle } from "../support/fake-clock.ts";

let clock: FakeClock;
let starts: number[];
let running: PromiseWithResolvers<boolean> | undefined;
let outcome: boolean;
let costMs: number;
let passes: PassScheduler;

beforeEach(() => {
  clock = new FakeClock();
  starts = [];
  running = undefined;
  outcome = true;
  costMs = 0;
  passes = new PassScheduler(clock, async () => {
    starts.push(clock.monotonic());
    if (costMs > 0) await clock.advance(costMs);
    return running === undefined ? outcome : running.promise;
  });
});

async function turn(): Promise<void> {
  for (let i = 0; i < 3; i += 1) await settle();
}

describe("PassScheduler", () => {
  it("begins at once after a quiet time, and joins what the same turn brings", async () => {
    for (let i = 0; i < 1_000; i += 1) passes.trigger();
    await turn();
    expect(starts).toEqual([0]);
    expect(clock.pending).toBe(0);
  });

  it.each([
    { cost: 0, window: 25, name: "the shortest window after a pass that cost nothing" },
    { cost: 10, window: 100, name: "ten times what the pass cost" },
    { cost: 100, window: 250, name: "the longest window after a pass that cost more" },
  ])("joins what follows into one pass a window later: $name", async ({ cost, window }) => {
    costMs = cost;
    passes.trigger();
    await turn();
    costMs = 0;
    while (clock.monotonic() < window - 1) {
      passes.trigger();
      await clock.advance(1);
      await turn();
    }
    expect(starts).toEqual([0]);
    await clock.advance(1);
    await turn();
    expect(starts).toEqual([0, window]);
  });

  it("keeps a steady stream of cheap passes to forty a second, none of them later than a window", async () => {
    for (let ms = 0; ms < 100; ms += 1) {
      passes.trigger();
      await clock.advance(1);
      await turn();
    }
    expect(starts).toEqual([0, 25, 50, 75, 100]);
  });

  it("runs again for what came during a pass, and never two at once", async () => {
    running = Promise.withResolvers();
    passes.trigger();
    await turn();
    passes.trigger();
    await clock.advance(1_000);
    await turn();
    expect(starts).toEqual([0]);
    running.resolve(true);
    running = undefined;
    await turn();
    expect(starts).toEqual([0, 1_000]);
  });

  it("does not count a pass that had nothing to do", async () => {
    outcome = false;
    passes.trigger();
    await turn();
    outcome = true;
    passes.trigger();
    await turn();
    expect(starts).toEqual([0, 0]);
  });

  it("begins no pass after it was stopped", async () => {
    passes.trigger();
    passes.stop();
    await turn();
    passes.trigger();
    await clock.advance(1_000);
    expect(starts).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it("forgets a pass that was waiting when it is stopped", async () => {
    passes.trigger();
    await turn();
    passes.trigger();
    passes.stop();
    expect(clock.pending).toBe(0);
  });
});
