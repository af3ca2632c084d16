import { describe, expect, it } from "@jest/globals";
import { delay } from "../../src/observability/clock.ts";
import { FakeClock } from "../support/fake-clock.ts";

describe("delay", () => {
  it("resolves when the time has passed, not before", async () => {
    const clock = new FakeClock();
    let done = false;
    const waiting = (async () => {
      await delay(clock, 100, new AbortController().signal);
      done = true;
    })();
    await clock.advance(99);
    expect(done).toBe(false);
    await clock.advance(1);
    await waiting;
    expect(done).toBe(true);
  });

  it("rejects with the signal's reason when it is aborted, and leaves no timer", async () => {
    const clock = new FakeClock();
    const stop = new AbortController();
    const waiting = delay(clock, 100, stop.signal);
    stop.abort(new Error("stopping"));
    await expect(waiting).rejects.toThrow("stopping");
    expect(clock.pending).toBe(0);
  });

  it("starts no timer when the signal is aborted already", async () => {
    const clock = new FakeClock();
    await expect(delay(clock, 100, AbortSignal.abort(new Error("too late")))).rejects.toThrow("too late");
    expect(clock.pending).toBe(0);
  });
});
