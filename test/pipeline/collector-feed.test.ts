import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";

import type { CollectorInstance } from "../../src/allocator/index.ts";
import type { CollectorSink, CollectorSource } from "../../src/discovery/collector-source.ts";
import { untilAborted } from "../../src/discovery/until-aborted.ts";
import { CollectorFeed } from "../../src/pipeline/collector-feed.ts";
import { FakeClock, settle } from "../support/fake-clock.ts";
import { MemoryLogger } from "../support/memory-logger.ts";

const GRACE_MS = 30_000;

/** A source that the test drives. */
class FakeSource implements CollectorSource {
  sink: CollectorSink | undefined;
  signal: AbortSignal | undefined;

  async run(sink: CollectorSink, signal: AbortSignal): Promise<void> {
    this.sink = sink;
    this.signal = signal;
    await untilAborted(signal);
  }

  update(...names: readonly string[]): void {
    this.sink?.update(names.map((name): CollectorInstance => ({ name, nodeName: "" })));
  }
}

let clock: FakeClock;
let fed: string[];
let changes: number;
let feed: CollectorFeed;
let log: MemoryLogger;
let source: FakeSource;

beforeEach(() => {
  clock = new FakeClock();
  fed = [];
  changes = 0;
  log = new MemoryLogger();
  feed = new CollectorFeed({
    clock,
    log,
    onCollectors: (collectors) => fed.push(collectors.map(({ name }) => name).join(" ")),
    onStateChange: () => {
      changes += 1;
    },
  });
  source = new FakeSource();
});

afterEach(async () => {
  await feed.stop();
  if (clock.pending > 0) throw new Error("a timer was left behind");
});

function use(emptyGraceMs = GRACE_MS): void {
  feed.use({ source, emptyGraceMs });
}

describe("CollectorFeed", () => {
  it("is not synced before the source has reported, and is with none at all", () => {
    use();
    expect(feed.synced).toBe(false);
    source.update();
    expect(feed).toMatchObject({ synced: true, discovered: 0, holding: false });
    expect(changes).toBe(1);
    expect(fed).toEqual([]);
  });

  it("feeds what the source reports", () => {
    use();
    source.update("a");
    source.update("a", "b");
    source.update("b");
    expect(fed).toEqual(["a", "a b", "b"]);
    expect(feed.discovered).toBe(1);
  });

  it("keeps the last collectors when there are none for a moment", async () => {
    use();
    source.update("a", "b");
    source.update();
    expect(feed).toMatchObject({ discovered: 0, holding: true });
    await clock.advance(GRACE_MS - 1);
    source.update("a");
    await clock.advance(GRACE_MS);
    expect(fed).toEqual(["a b", "a"]);
    expect(feed.holding).toBe(false);
  });

  it("lets them go when there are none for longer than the grace period", async () => {
    use();
    source.update("a");
    source.update();
    const before = changes;
    source.update();
    await clock.advance(GRACE_MS);
    expect(fed).toEqual(["a", ""]);
    expect(feed.holding).toBe(false);
    expect(changes).toBeGreaterThan(before);
    source.update("a");
    expect(fed).toEqual(["a", "", "a"]);
  });

  it("lets them go at once without a grace period", () => {
    use(0);
    source.update("a");
    source.update();
    expect(fed).toEqual(["a", ""]);
  });

  it("keeps the collectors while the source fails, and says why until it reports", () => {
    use();
    source.update("a");
    source.sink?.failed(new Error("no answer"));
    source.sink?.failed(new Error("no answer"));
    expect(feed.error?.message).toBe("no answer");
    source.update("a");
    expect(feed.error).toBeUndefined();
    expect(fed).toEqual(["a"]);
    expect(log.messages()).toEqual(["collectors cannot be discovered", "collectors can be discovered again"]);
  });

  it("repeats a source that breaks down", async () => {
    let runs = 0;
    const broken: CollectorSource = {
      run: async () => {
        runs += 1;
        throw new Error("bug");
      },
    };
    feed.use({ source: broken, emptyGraceMs: 0 });
    await settle();
    expect(feed.error?.message).toBe("bug");
    await clock.advance(1_000);
    expect(runs).toBe(2);
  });

  it("stays with a source until the one that replaces it has reported", async () => {
    use();
    source.update("a");
    const next = new FakeSource();
    feed.use({ source: next, emptyGraceMs: GRACE_MS });
    source.update("a", "b");
    expect(source.signal?.aborted).toBe(false);
    next.update("c");
    source.update("late");
    expect(source.signal?.aborted).toBe(true);
    expect(fed).toEqual(["a", "a b", "c"]);
    await feed.stop();
    next.update("later");
    expect(fed).toHaveLength(3);
  });
});
