import { beforeEach, describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";

import type { AllocationSnapshot } from "../../src/allocator/index.ts";
import { FetchLog } from "../../src/pipeline/fetch-log.ts";
import { Handover } from "../../src/pipeline/handover.ts";
import { snapshotOf, target } from "../support/allocation-snapshot.ts";

/** Who has which targets of the one job. */
type Shares = Readonly<Record<string, readonly string[]>>;

const REFRESH_MS = 30_000;
const JOB = "web";

/** A hand-over between results that a test makes, with collectors that fetch when the test says so. */
class Stage {
  now = 0;
  readonly ends: string[] = [];
  readonly log = new FetchLog();
  readonly handover = new Handover({
    log: this.log,
    now: () => this.now,
    onEnd: (end, seconds) => this.ends.push(`${end} after ${String(seconds)} s`),
  });
  served: AllocationSnapshot = snapshotOf({ version: 0 });

  serve(shares: Shares): void {
    const targets = Object.fromEntries(
      Object.entries(shares).map(([name, addresses]) => [
        name,
        addresses.toSorted().map((address) => target({ __address__: address })),
      ]),
    );
    const version = this.served.version + 1;
    const after = snapshotOf({
      version,
      collectors: Object.keys(shares).toSorted(),
      jobs: { [JOB]: { shares: targets } },
    });
    const work = this.handover.prepare(this.served, after);
    let step = work.next();
    while (step.done !== true) step = work.next();
    step.value();
    this.served = after;
  }

  /** What the collector is told. */
  told(collector: string): readonly string[] {
    const own = this.served.jobs.get(JOB)?.byCollector.get(collector);
    return (this.handover.shareOf(JOB, collector, own)?.targets ?? []).map(({ address }) => address);
  }

  fetch(collector: string): readonly string[] {
    const told = this.told(collector);
    const { version } = this.served;
    this.log.fetched({ job: JOB, collector, version, refreshIntervalMs: REFRESH_MS }, this.now);
    return told;
  }
}

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
});

describe("a target that moves", () => {
  beforeEach(() => {
    stage.serve({ a: ["x", "y"], b: [] });
    stage.fetch("a");
    stage.fetch("b");
    stage.now = 1_000;
    stage.serve({ a: ["y"], b: ["x"] });
  });

  it("stays with its former owner until the new one has fetched it", () => {
    expect([stage.fetch("a"), stage.handover.overlaps]).toEqual([["x", "y"], 1]);
    stage.now = 4_000;
    expect(stage.fetch("b")).toEqual(["x"]);
    expect([stage.fetch("a"), stage.handover.overlaps]).toEqual([["y"], 0]);
    expect(stage.ends).toEqual(["acknowledged after 3 s"]);
  });

  it("leaves after two refresh intervals at the latest", () => {
    stage.now = 60_999;
    expect(stage.told("a")).toEqual(["x", "y"]);
    stage.now = 61_000;
    expect([stage.told("a"), stage.handover.overlaps]).toEqual([["y"], 0]);
    expect(stage.ends).toEqual(["expired after 60 s"]);
  });

  it("is not kept when it moves back", () => {
    stage.serve({ a: ["x", "y"], b: [] });
    expect([stage.told("a"), stage.told("b"), stage.handover.overlaps]).toEqual([["x", "y"], [], 0]);
  });

  it("waits for whoever gets it next, when the one between never came", () => {
    stage.serve({ a: ["y"], b: [], c: ["x"] });
    stage.fetch("b");
    expect([stage.told("a"), stage.told("b")]).toEqual([["x", "y"], []]);
    stage.fetch("c");
    expect(stage.told("a")).toEqual(["y"]);
  });

  it("is handed on by whoever has fetched it", () => {
    stage.fetch("b");
    stage.serve({ a: ["y"], b: [], c: ["x"] });
    expect([stage.told("a"), stage.told("b"), stage.told("c")]).toEqual([["y"], ["x"], ["x"]]);
  });

  it("is not kept once it is gone", () => {
    stage.serve({ a: ["y"], b: [] });
    expect([stage.told("a"), stage.handover.overlaps]).toEqual([["y"], 0]);
  });

  it("is still told to a collector that is none any more and still asks", () => {
    stage.serve({ b: ["x", "y"] });
    expect(stage.told("a")).toEqual(["x", "y"]);
    stage.fetch("b");
    expect(stage.told("a")).toEqual([]);
  });

  it("is in the same share as long as that does not change", () => {
    const own = stage.served.jobs.get(JOB)?.byCollector.get("a");
    expect(stage.handover.shareOf(JOB, "a", own)).toBe(stage.handover.shareOf(JOB, "a", own));
  });
});

it("tells of targets that are the same for their collector by the same share as ever", () => {
  stage.serve({ a: ["x"], b: [] });
  const own = stage.served.jobs.get(JOB)?.byCollector.get("a");
  expect(stage.handover.shareOf(JOB, "a", own)).toBe(own);
});

describe("with collectors that come in time", () => {
  const NAMES = ["a", "b", "c"];
  const placements = fc.record({
    x: fc.constantFrom(...NAMES),
    y: fc.constantFrom(...NAMES),
    z: fc.constantFrom(...NAMES),
  });
  const steps = fc.array(
    fc.oneof(
      placements.map((owners) => ({ kind: "serve" as const, owners })),
      fc.constantFrom(...NAMES).map((collector) => ({ kind: "fetch" as const, collector })),
    ),
    { maxLength: 40 },
  );

  it("somebody scrapes every target at every moment", () => {
    fc.assert(
      fc.property(placements, steps, (first, history) => {
        const run = new Stage();
        const sharesOf = (owners: Readonly<Record<string, string>>): Shares =>
          Object.fromEntries(NAMES.map((name) => [name, Object.keys(owners).filter((one) => owners[one] === name)]));
        run.serve(sharesOf(first));
        // What each collector scrapes: what it was told last.
        const scraped = new Map(NAMES.map((name) => [name, run.fetch(name)]));
        for (const step of history) {
          if (step.kind === "serve") run.serve(sharesOf(step.owners));
          else scraped.set(step.collector, run.fetch(step.collector));
          expect([...new Set([...scraped.values()].flat())].toSorted()).toEqual(["x", "y", "z"]);
        }
        for (const name of [...NAMES, ...NAMES]) scraped.set(name, run.fetch(name));
        expect([...scraped.values()].flat().toSorted()).toEqual(["x", "y", "z"]);
      }),
      { numRuns: 1_000 },
    );
  });
});
