import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { exponentialBackoff } from "../../../src/controllers/runtime/rate-limiter.ts";
import { WorkQueue, type WorkQueueObserver } from "../../../src/controllers/runtime/work-queue.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";

const never = new AbortController().signal;

function queueOn(clock: FakeClock, observer?: WorkQueueObserver): WorkQueue {
  return new WorkQueue({
    clock,
    rateLimiter: exponentialBackoff(5, 1_000),
    ...(observer === undefined ? {} : { observer }),
  });
}

/** Takes what can be taken without waiting. */
async function takeAll(queue: WorkQueue): Promise<string[]> {
  const taken: string[] = [];
  while (queue.depth > 0) {
    const key = await queue.take(never);
    if (key !== undefined) taken.push(key);
  }
  return taken;
}

describe("WorkQueue", () => {
  describe("hands out keys", () => {
    it("in the order in which they were added", async () => {
      const queue = queueOn(new FakeClock());
      for (const key of ["c", "a", "b"]) queue.add(key);
      expect(await takeAll(queue)).toEqual(["c", "a", "b"]);
    });

    it("once, however often a key is added before it is taken", async () => {
      const queue = queueOn(new FakeClock());
      for (const key of ["a", "b", "a", "a"]) queue.add(key);
      expect(queue.depth).toBe(2);
      expect(await takeAll(queue)).toEqual(["a", "b"]);
    });

    it("to a worker that waits already, the longest waiting first", async () => {
      const queue = queueOn(new FakeClock());
      const [first, second] = [queue.take(never), queue.take(never)];
      queue.add("a");
      queue.add("b");
      expect(await Promise.all([first, second])).toEqual(["a", "b"]);
    });

    it("again when a key is added after it was done", async () => {
      const queue = queueOn(new FakeClock());
      queue.add("a");
      await queue.take(never);
      queue.done("a");
      expect(queue.depth).toBe(0);
      queue.add("a");
      expect(await takeAll(queue)).toEqual(["a"]);
    });
  });

  describe("while a worker holds a key", () => {
    it("gives it to nobody else, and again after done when it was added meanwhile", async () => {
      const queue = queueOn(new FakeClock());
      queue.add("a");
      await queue.take(never);
      queue.add("a");
      queue.add("a");
      expect(queue.depth).toBe(0);
      const next = queue.take(never);
      queue.add("b");
      expect(await next).toBe("b");
      queue.done("a");
      expect(await takeAll(queue)).toEqual(["a"]);
    });

    it("forgets it at done when it was not added meanwhile", async () => {
      const queue = queueOn(new FakeClock());
      queue.add("a");
      await queue.take(never);
      queue.done("a");
      queue.done("a");
      expect(queue.depth).toBe(0);
    });
  });

  describe("take", () => {
    it("rejects with the signal's reason, before and during the wait", async () => {
      const queue = queueOn(new FakeClock());
      await expect(queue.take(AbortSignal.abort(new Error("late")))).rejects.toThrow("late");
      const stop = new AbortController();
      const waiting = queue.take(stop.signal);
      stop.abort(new Error("stopping"));
      await expect(waiting).rejects.toThrow("stopping");
    });

    it("loses no key to a worker that is aborted", async () => {
      const queue = queueOn(new FakeClock());
      const stop = new AbortController();
      const aborted = queue.take(stop.signal);
      const other = queue.take(never);
      stop.abort(new Error("stopping"));
      queue.add("a");
      await expect(aborted).rejects.toThrow("stopping");
      expect(await other).toBe("a");
    });

    it("delivers a key that was handed over in the turn of the abort", async () => {
      const queue = queueOn(new FakeClock());
      const stop = new AbortController();
      const waiting = queue.take(stop.signal);
      queue.add("a");
      stop.abort(new Error("stopping"));
      expect(await waiting).toBe("a");
    });
  });

  describe("addAfter", () => {
    it("adds the key when the delay has passed", async () => {
      const clock = new FakeClock();
      const queue = queueOn(clock);
      queue.addAfter("a", 100);
      await clock.advance(99);
      expect(queue.depth).toBe(0);
      await clock.advance(1);
      expect(await takeAll(queue)).toEqual(["a"]);
    });

    it.each([
      { name: "a later one is dropped", delays: [100, 500], first: 100 },
      { name: "an earlier one replaces it", delays: [500, 100], first: 100 },
      { name: "an equal one changes nothing", delays: [100, 100], first: 100 },
    ])("keeps one delay for each key: $name", async ({ delays, first }) => {
      const clock = new FakeClock();
      const queue = queueOn(clock);
      for (const delay of delays) queue.addAfter("a", delay);
      expect(clock.pending).toBe(1);
      expect(clock.nextIn).toBe(first);
      await clock.advance(first);
      expect(await takeAll(queue)).toEqual(["a"]);
      expect(clock.pending).toBe(0);
    });

    it.each([0, -5])("adds at once with a delay of %d, and drops a delay that waits", (ms) => {
      const clock = new FakeClock();
      const queue = queueOn(clock);
      queue.addAfter("a", 100);
      queue.addAfter("a", ms);
      expect(queue.depth).toBe(1);
      expect(clock.pending).toBe(0);
    });

    it("leaves a key that is added in the meantime its delay", async () => {
      const clock = new FakeClock();
      const queue = queueOn(clock);
      queue.addAfter("a", 100);
      queue.add("a");
      expect(await takeAll(queue)).toEqual(["a"]);
      queue.done("a");
      await clock.advance(100);
      expect(await takeAll(queue)).toEqual(["a"]);
    });
  });

  describe("addRateLimited", () => {
    it("waits as long as the limiter says and answers how long that is", async () => {
      const clock = new FakeClock();
      const queue = queueOn(clock);
      expect([queue.addRateLimited("a"), queue.failures("a")]).toEqual([5, 1]);
      await clock.advance(5);
      expect(await takeAll(queue)).toEqual(["a"]);
      queue.done("a");
      expect([queue.addRateLimited("a"), queue.failures("a")]).toEqual([10, 2]);
      queue.forget("a");
      expect(queue.failures("a")).toBe(0);
    });
  });

  describe("shutDown", () => {
    it("drops what waits and what is delayed, takes nothing more, and leaves no timer", async () => {
      const clock = new FakeClock();
      const queue = queueOn(clock);
      queue.add("a");
      queue.addAfter("b", 10);
      await queue.shutDown();
      queue.add("c");
      queue.addAfter("d", 10);
      queue.addRateLimited("e");
      expect(queue.depth).toBe(0);
      expect(clock.pending).toBe(0);
      expect(await queue.take(never)).toBeUndefined();
    });

    it("sends waiting workers home", async () => {
      const queue = queueOn(new FakeClock());
      const waiting = [queue.take(never), queue.take(never)];
      await queue.shutDown();
      expect(await Promise.all(waiting)).toEqual([undefined, undefined]);
    });

    it("resolves when workers have given back every key, which do not run again", async () => {
      const queue = queueOn(new FakeClock());
      queue.add("a");
      queue.add("b");
      await takeAll(queue);
      queue.add("a");
      let drained = 0;
      const waits = [queue.shutDown(), queue.shutDown()].map(async (wait) => {
        await wait;
        drained += 1;
      });
      queue.done("a");
      await settle();
      expect(drained).toBe(0);
      queue.done("b");
      await Promise.all(waits);
      expect(drained).toBe(2);
      expect(queue.depth).toBe(0);
    });
  });

  it("takes from a long queue without walking over what was taken before", async () => {
    const queue = queueOn(new FakeClock());
    const keys = Array.from({ length: 200_000 }, (_, index) => `namespace/${index}`);
    for (const key of keys) queue.add(key);
    expect((await takeAll(queue)).length).toBe(keys.length); // quadratic, this would outlast the time limit of the test
  });

  it("tells the observer each step once", async () => {
    const clock = new FakeClock();
    const steps: string[] = [];
    const observer: WorkQueueObserver = {
      added: (key) => steps.push(`added ${key}`),
      taken: (key) => steps.push(`taken ${key}`),
      done: (key) => steps.push(`done ${key}`),
      retried: (key) => steps.push(`retried ${key}`),
      cleared: () => steps.push("cleared"),
    };
    const queue = queueOn(clock, observer);
    queue.add("a");
    queue.add("a");
    await queue.take(never);
    queue.add("a");
    queue.add("a");
    queue.done("a");
    queue.done("a");
    await queue.take(never);
    queue.addRateLimited("a");
    queue.done("a");
    await queue.shutDown();
    expect(steps).toEqual(["added a", "taken a", "added a", "done a", "taken a", "retried a", "done a", "cleared"]);
  });

  it("keeps its promises under any order of calls", async () => {
    const call = fc.record({
      op: fc.constantFrom("add", "addAfter", "take", "done", "advance"),
      key: fc.constantFrom("a", "b", "c"),
      ms: fc.integer({ min: 0, max: 20 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 60 }), async (calls) => {
        const clock = new FakeClock();
        const queue = queueOn(clock);
        const held = new Set<string>();
        const owed = new Set<string>(); // added, and not taken since
        const delayed = new Map<string, number>(); // the earliest time of each key
        const takeOne = async (): Promise<void> => {
          const key = await queue.take(never);
          if (key === undefined) throw new Error("the queue is not shut down");
          expect(held.has(key)).toBe(false);
          expect(owed.delete(key)).toBe(true);
          held.add(key);
        };
        const steps: Record<string, (key: string, ms: number) => void | Promise<void>> = {
          add(key) {
            queue.add(key);
            owed.add(key);
          },
          addAfter(key, ms) {
            queue.addAfter(key, ms);
            delayed.set(key, Math.min(clock.monotonic() + ms, delayed.get(key) ?? Infinity));
          },
          async take() {
            if (queue.depth > 0) await takeOne();
          },
          done(key) {
            if (held.delete(key)) queue.done(key);
          },
          advance: async (_key, ms) => clock.advance(ms),
        };
        for (const { op, key, ms } of calls) {
          await steps[op]?.(key, ms);
          for (const [due, at] of delayed) {
            if (at <= clock.monotonic() && delayed.delete(due)) owed.add(due);
          }
          expect(queue.depth).toBe([...owed].filter((waiting) => !held.has(waiting)).length);
        }
        for (const key of held) queue.done(key);
        held.clear();
        while (queue.depth > 0) await takeOne();
        expect([...owed]).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
