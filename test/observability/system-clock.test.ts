import { describe, expect, it } from "@jest/globals";
import { systemClock } from "../../src/observability/system-clock.ts";

describe("systemClock", () => {
  it("answers the wall clock and a clock that never goes back", () => {
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1_000);
    const before = systemClock.monotonic();
    expect(systemClock.monotonic()).toBeGreaterThanOrEqual(before);
  });

  it("calls back once", async () => {
    let calls = 0;
    await new Promise<void>((resolve) => {
      systemClock.after(0, () => {
        calls += 1;
        resolve();
      });
    });
    expect(calls).toBe(1);
  });

  it("does not call back after the cancellation, which may come twice", async () => {
    let called = false;
    const cancel = systemClock.after(0, () => {
      called = true;
    });
    cancel();
    cancel();
    await new Promise<void>((resolve) => {
      systemClock.after(1, resolve);
    });
    expect(called).toBe(false);
  });

  it("waits longer than Node's longest timer instead of firing at once", async () => {
    let called = false;
    const cancel = systemClock.after(2 ** 40, () => {
      called = true;
    });
    await new Promise<void>((resolve) => {
      systemClock.after(5, resolve);
    });
    cancel();
    expect(called).toBe(false);
  });
});
