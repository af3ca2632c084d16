import { beforeEach, describe, expect, it } from "@jest/globals";

import { PassScheduler } from "../../src/pipeline/pass-scheduler.ts";
import { FakeClock, settle } from "../support/fake-clock.ts";

let clock: FakeClock;
let starts: number[];
let running: PromiseWithResolvers<boolean> | undefined;
let outcome: boolean;
let passes: PassScheduler;

beforeEach(() => {
  clock = new FakeClock();
  starts = [];
  running = undefined;
  outcome = true;
  passes = new PassScheduler(clock, async () => {
    starts.push(clock.monotonic());
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

  it("joins what follows into one pass a window later", async () => {
    passes.trigger();
    await turn();
    for (let ms = 0; ms < 240; ms += 10) {
      passes.trigger();
      await clock.advance(10);
    }
    expect(starts).toEqual([0]);
    await clock.advance(10);
    await turn();
    expect(starts).toEqual([0, 250]);
  });

  it("keeps a steady stream to four passes a second, none of them later than a window", async () => {
    for (let ms = 0; ms < 1_000; ms += 1) {
      passes.trigger();
      await clock.advance(1);
      await turn();
    }
    expect(starts).toEqual([0, 250, 500, 750, 1_000]);
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
