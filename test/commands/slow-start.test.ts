import { beforeEach, describe, expect, it } from "@jest/globals";
import { reportSlowStart } from "../../src/commands/slow-start.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { MemoryLogger } from "../support/memory-logger.ts";

let clock: FakeClock;
let log: MemoryLogger;
let stop: AbortController;
let missing: readonly string[];
let running: Promise<void>;

beforeEach(() => {
  clock = new FakeClock();
  log = new MemoryLogger();
  stop = new AbortController();
  missing = ["the collectors are not known yet"];
  running = reportSlowStart({ clock, log, waitingFor: () => missing }, stop.signal);
});

const told = (): unknown[] => log.entries.map(({ level, fields }) => [level, fields["reasons"]]);

describe("reportSlowStart", () => {
  it("says what is missing after a while, and again only when that is something else", async () => {
    await clock.advance(2_900);
    expect(told()).toEqual([]);
    await clock.advance(100 + 6_000);
    expect(told()).toEqual([["warn", ["the collectors are not known yet"]]]);
    missing = ["discovery has not reported yet for job web"];
    await clock.advance(3_000);
    expect(told()).toHaveLength(2);
    missing = [];
    await clock.advance(3_000);
    await running;
    expect([told().length, clock.pending]).toEqual([2, 0]);
  });

  it("ends when the process does", async () => {
    stop.abort();
    await running;
    expect([told(), clock.pending]).toEqual([[], 0]);
  });
});
