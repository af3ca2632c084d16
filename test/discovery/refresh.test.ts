import { describe, expect, it } from "@jest/globals";

import { EMPTY_LABELS, labelsOf, type TargetGroup } from "../../src/allocator/index.ts";
import { type Refreshed, runRefreshing } from "../../src/discovery/refresh.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { RecordingSink } from "../support/recording-sink.ts";

const INTERVAL_MS = 30_000;

/** One group with one target. */
function group(source: string): TargetGroup {
  return { source, labels: EMPTY_LABELS, targets: [labelsOf({ __address__: source })] };
}

/** A run whose looks the test answers. */
class Stage {
  readonly clock = new FakeClock();
  readonly sink = new RecordingSink();
  readonly looks: { readonly at: number; readonly failed: boolean }[] = [];
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  started = 0;
  running = 0;
  ended = 0;
  /** What the next looks do. */
  look: (signal: AbortSignal) => Promise<Refreshed> = async () => ({ groups: [] });

  constructor(look?: (signal: AbortSignal) => Promise<Refreshed>) {
    if (look !== undefined) this.look = look;
    this.#done = runRefreshing(
      {
        intervalMs: INTERVAL_MS,
        clock: this.clock,
        refresh: async (signal) => {
          this.started += 1;
          this.running += 1;
          return this.look(signal).finally(() => (this.running -= 1));
        },
        observer: {
          refreshed: (_, failed) => this.looks.push({ at: this.clock.monotonic(), failed }),
          ended: () => (this.ended += 1),
        },
      },
      this.sink,
      this.#stop.signal,
    );
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }
}

const found = async (): Promise<Refreshed> => ({ groups: [group("a")] });
const fails = async (): Promise<Refreshed> => {
  throw new Error("no answer");
};

describe("runRefreshing", () => {
  it("looks at once, then at each interval", async () => {
    const stage = new Stage(found);
    await stage.clock.advance(0);
    expect(stage.sink.sources).toEqual([["a"]]);
    await stage.clock.advance(2 * INTERVAL_MS);
    expect(stage.looks.map(({ at }) => at)).toEqual([0, INTERVAL_MS, 2 * INTERVAL_MS]);
    await stage.stop();
  });

  it("keeps what it found when a look fails, and says that it failed", async () => {
    const stage = new Stage(found);
    await stage.clock.advance(0);
    stage.look = fails;
    await stage.clock.advance(INTERVAL_MS);
    expect(stage.sink.failing).toBe("no answer");
    expect(stage.sink.sources).toEqual([["a"]]);
    stage.look = found;
    await stage.clock.advance(INTERVAL_MS);
    expect(stage.sink.failing).toBeUndefined();
    expect(stage.looks.map(({ failed }) => failed)).toEqual([false, true, false]);
    await stage.stop();
  });

  it("looks again sooner while nothing is known, but never sooner than after a second", async () => {
    const stage = new Stage(fails);
    await stage.clock.advance(60_000);
    stage.look = found;
    await stage.clock.advance(60_000);
    expect(stage.looks.map(({ at }) => at / 1_000)).toEqual([0, 1, 3, 7, 15, 31, 61, 91]);
    await stage.stop();
  });

  it("waits the whole interval after a failure, once something is known", async () => {
    const stage = new Stage(found);
    await stage.clock.advance(0);
    stage.look = fails;
    await stage.clock.advance(2 * INTERVAL_MS);
    expect(stage.looks.map(({ at }) => at)).toEqual([0, INTERVAL_MS, 2 * INTERVAL_MS]);
    await stage.stop();
  });

  it("never looks twice at a time, and looks at once when the interval is over meanwhile", async () => {
    const { promise, resolve } = Promise.withResolvers<Refreshed>();
    const stage = new Stage(async () => promise);
    await stage.clock.advance(3 * INTERVAL_MS);
    expect([stage.started, stage.running]).toEqual([1, 1]);
    stage.look = found;
    resolve({ groups: [] });
    await stage.clock.advance(0);
    expect(stage.started).toBe(2);
    await stage.stop();
  });

  it("tells a partial failure behind what was found", async () => {
    const stage = new Stage(async () => ({ groups: [group("a")], problem: new Error("b is missing") }));
    await stage.clock.advance(0);
    expect(stage.sink.sources).toEqual([["a"]]);
    expect(stage.sink.failing).toBe("b is missing");
    await stage.stop();
  });

  it("sends nothing for a partial failure without changes, so that the failure is not told anew", async () => {
    const stage = new Stage(async () => ({ groups: [], problem: new Error("b is missing") }));
    await stage.clock.advance(0);
    expect(stage.sink.updates).toEqual([]);
    await stage.stop();
  });

  it("reports anything that is thrown as an error", async () => {
    const stage = new Stage(async () => Promise.reject("just a text"));
    await stage.clock.advance(0);
    expect(stage.sink.failing).toBe("just a text");
    await stage.stop();
  });

  it("ends a look when it is stopped, and reports nothing of it", async () => {
    const stage = new Stage(
      async (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(new Error("aborted")));
        }),
    );
    await stage.stop();
    expect([stage.running, stage.sink.failures.length, stage.clock.pending, stage.ended]).toEqual([0, 0, 0, 1]);
  });

  it("leaves no timer when it is stopped between two looks", async () => {
    const stage = new Stage(found);
    await stage.clock.advance(0);
    await stage.stop();
    expect(stage.clock.pending).toBe(0);
  });
});
