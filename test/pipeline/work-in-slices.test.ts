import { describe, expect, it } from "@jest/globals";

import { workInSlices } from "../../src/pipeline/work-in-slices.ts";
import { FakeClock, settle } from "../support/fake-clock.ts";

/** Work that takes one millisecond a step. */
function* steps(count: number, clock: FakeClock, done: number[] = []): Generator<undefined, string, void> {
  for (let i = 1; i <= count; i += 1) {
    done.push(i);
    void clock.advance(1);
    yield undefined;
  }
  return "finished";
}

/** A clock whose time passes with each look at it. */
class BusyClock extends FakeClock {
  #looks = 0;

  override monotonic(): number {
    this.#looks += 1;
    return this.#looks;
  }
}

describe("workInSlices", () => {
  it("resolves with what the work returns", async () => {
    const clock = new FakeClock();
    await expect(workInSlices(steps(5, clock), clock, new AbortController().signal)).resolves.toBe("finished");
  });

  it("lets others work after five milliseconds", async () => {
    const clock = new BusyClock();
    const done: number[] = [];
    let others = 0;
    const finished = workInSlices(steps(100, clock, done), clock, new AbortController().signal);
    expect(done.length).toBeLessThanOrEqual(5);
    while (done.length < 100) {
      const before = done.length;
      await settle();
      others += 1;
      expect(done.length - before).toBeLessThanOrEqual(5);
    }
    await finished;
    expect(others).toBeGreaterThan(10);
  });

  it("stops between two slices when it is aborted", async () => {
    const clock = new BusyClock();
    const done: number[] = [];
    const stop = new AbortController();
    const finished = workInSlices(steps(100, clock, done), clock, stop.signal);
    stop.abort();
    await expect(finished).resolves.toBeUndefined();
    expect(done.length).toBeLessThanOrEqual(5);
  });

  it("rejects with what the work throws", async () => {
    const clock = new FakeClock();
    // oxlint-disable-next-line require-yield -- it breaks off before its first step
    const broken = (function* (): Generator<undefined, string, void> {
      throw new Error("bug");
    })();
    await expect(workInSlices(broken, clock, new AbortController().signal)).rejects.toThrow("bug");
  });
});
