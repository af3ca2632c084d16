import { describe, expect, it } from "@jest/globals";
import {
  createRateLimiter,
  exponentialBackoff,
  maxOf,
  tokenBucket,
} from "../../../src/controllers/runtime/rate-limiter.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const times = <T>(count: number, call: () => T): T[] => Array.from({ length: count }, call);

describe("exponentialBackoff", () => {
  it("doubles the wait of a key with each failure", () => {
    const limiter = exponentialBackoff(5, 1_000_000);
    expect(times(6, () => limiter.when("a"))).toEqual([5, 10, 20, 40, 80, 160]);
  });

  it("never waits longer than the maximum, however often a key has failed", () => {
    const limiter = exponentialBackoff(5, 1_000);
    const waits = times(2_000, () => limiter.when("a"));
    expect(Math.max(...waits)).toBe(1_000);
    expect(waits.at(-1)).toBe(1_000);
  });

  it("counts each key by itself", () => {
    const limiter = exponentialBackoff(5, 1_000_000);
    limiter.when("a");
    limiter.when("a");
    expect(limiter.when("b")).toBe(5);
    expect([limiter.failures("a"), limiter.failures("b"), limiter.failures("c")]).toEqual([2, 1, 0]);
  });

  it("starts again after forget", () => {
    const limiter = exponentialBackoff(5, 1_000_000);
    limiter.when("a");
    limiter.forget("a");
    expect(limiter.failures("a")).toBe(0);
    expect(limiter.when("a")).toBe(5);
  });
});

describe("tokenBucket", () => {
  it("lets a burst through at once and spaces what follows evenly", () => {
    const limiter = tokenBucket(new FakeClock(), 10, 3);
    expect(times(6, () => limiter.when("a"))).toEqual([0, 0, 0, 100, 200, 300]);
  });

  it("fills up with time, to no more than the burst", async () => {
    const clock = new FakeClock();
    const limiter = tokenBucket(clock, 10, 3);
    times(3, () => limiter.when("a"));
    await clock.advance(200);
    expect(times(3, () => limiter.when("a"))).toEqual([0, 0, 100]);
    await clock.advance(3_600_000);
    expect(times(4, () => limiter.when("a"))).toEqual([0, 0, 0, 100]);
  });

  it("is shared by all keys", () => {
    const limiter = tokenBucket(new FakeClock(), 10, 1);
    expect([limiter.when("a"), limiter.when("b")]).toEqual([0, 100]);
  });
});

describe("maxOf", () => {
  it("asks for the longest wait, and lets every limiter count and forget", () => {
    const [short, long] = [exponentialBackoff(1, 10), exponentialBackoff(100, 1_000)];
    const limiter = maxOf([short, long]);
    expect([limiter.when("a"), limiter.when("a")]).toEqual([100, 200]);
    expect([short.failures("a"), long.failures("a"), limiter.failures("a")]).toEqual([2, 2, 2]);
    limiter.forget("a");
    expect([short.failures("a"), long.failures("a")]).toEqual([0, 0]);
  });
});

describe("createRateLimiter", () => {
  it("has client-go's defaults: 5 ms doubling to 1000 s, 100 at once, then 10 a second", () => {
    const limiter = createRateLimiter(new FakeClock());
    expect(times(3, () => limiter.when("a"))).toEqual([5, 10, 20]);
    times(97, () => limiter.when("other"));
    expect(limiter.when("last")).toBe(100);
    const alone = createRateLimiter(new FakeClock(), { qps: 1e9, burst: 1e9 });
    expect(times(30, () => alone.when("a")).at(-1)).toBe(1_000_000);
  });
});
