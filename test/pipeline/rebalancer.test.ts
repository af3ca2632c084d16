import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";

import { type Rebalanced, Rebalancer } from "../../src/pipeline/rebalancer.ts";
import { FakeClock } from "../support/fake-clock.ts";

/** An engine that has so many moves left to make, and makes those that are allowed at once. */
class FakeEngine implements Rebalanced {
  wanted = 0;
  readonly allowed: number[] = [];
  #moved = 0;

  get unbalanced(): boolean {
    return this.wanted > 0;
  }

  allowMoves(count: number): void {
    this.allowed.push(count);
    this.#moved = Math.min(count, this.wanted);
    this.wanted -= this.#moved;
  }

  /** What the pass has moved. */
  takeMoved(): number {
    const moved = this.#moved;
    this.#moved = 0;
    return moved;
  }
}

let clock: FakeClock;
let engine: FakeEngine;
let rebalancer: Rebalancer;
let moves: { readonly at: number; readonly count: number }[];

function begin(): void {
  clock = new FakeClock();
  engine = new FakeEngine();
  moves = [];
  rebalancer = new Rebalancer(engine, clock, () => {
    const count = engine.takeMoved();
    moves.push({ at: clock.monotonic(), count });
    // As a pass does: later than the call, though at once here.
    queueMicrotask(() => rebalancer.review(count));
  });
}

beforeEach(begin);

afterEach(() => {
  rebalancer.stop();
  if (clock.pending > 0) throw new Error("a timer was left behind");
});

describe("Rebalancer", () => {
  it("allows what one minute may have at once, and the rest when the minute is over", async () => {
    engine.wanted = 25;
    rebalancer.maxMovesPerMinute = 10;
    await clock.advance(59_999);
    expect(moves).toEqual([{ at: 0, count: 10 }]);
    await clock.advance(200_000);
    expect(moves).toEqual([
      { at: 0, count: 10 },
      { at: 60_000, count: 10 },
      { at: 120_000, count: 5 },
    ]);
  });

  it("allows nothing while all is well, or when no moves are wanted", async () => {
    rebalancer.maxMovesPerMinute = 10;
    rebalancer.review(0);
    engine.wanted = 5;
    rebalancer.maxMovesPerMinute = 0;
    rebalancer.review(0);
    await clock.advance(600_000);
    expect(engine.allowed).toEqual([]);
  });

  it("allows only what is left of the minute", async () => {
    engine.wanted = 4;
    rebalancer.maxMovesPerMinute = 10;
    await clock.advance(20_000);
    engine.wanted = 100;
    rebalancer.review(0);
    await clock.advance(39_999);
    expect(engine.allowed).toEqual([10, 6]);
    await clock.advance(1);
    expect(engine.allowed).toEqual([10, 6, 4]);
  });

  it("does not look for moves all the time when it finds none", async () => {
    Object.defineProperty(engine, "unbalanced", { value: true });
    rebalancer.maxMovesPerMinute = 10;
    await clock.advance(60_000);
    expect(engine.allowed.length).toBeLessThanOrEqual(13);
  });

  it("never has more moves in any minute than it may, whatever happens when", async () => {
    const anyEvent = fc.record({ after: fc.integer({ min: 0, max: 40_000 }), wanted: fc.nat({ max: 10 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyEvent, { maxLength: 10 }),
        fc.integer({ min: 5, max: 12 }),
        async (events, limit) => {
          begin();
          rebalancer.maxMovesPerMinute = limit;
          for (const { after, wanted } of events) {
            await clock.advance(after);
            engine.wanted += wanted;
            rebalancer.review(0);
          }
          await clock.advance(40 * 60_000);
          for (const { at } of moves) {
            const minute = moves.filter((one) => one.at >= at && one.at < at + 60_000);
            expect(minute.reduce((sum, { count }) => sum + count, 0)).toBeLessThanOrEqual(limit);
          }
          expect(engine.wanted).toBe(0);
        },
      ),
      { numRuns: 20 },
    );
  });
});
