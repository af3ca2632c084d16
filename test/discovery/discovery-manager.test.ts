import { beforeEach, describe, expect, it } from "@jest/globals";

import { getLabel, type TargetGroup } from "../../src/allocator/index.ts";
import { type DiscoveredJob, type DiscoveryConsumer, DiscoveryManager } from "../../src/discovery/discovery-manager.ts";
import { FakeClock, settle } from "../support/fake-clock.ts";
import { FakeDiscoverers, group, source } from "../support/fake-discoverers.ts";
import { MemoryLogger } from "../support/memory-logger.ts";

/** Keeps what the jobs have, as `source address address`, by job. */
class Jobs implements DiscoveryConsumer {
  readonly #groups = new Map<string, TargetGroup>();
  calls = 0;

  updateGroups(job: string, provider: string, groups: readonly TargetGroup[]): void {
    this.calls += 1;
    for (const one of groups) {
      const key = JSON.stringify([job, provider, one.source]);
      if (one.targets.length === 0) this.#groups.delete(key);
      else this.#groups.set(key, one);
    }
  }

  removeProvider(job: string, provider: string): void {
    this.calls += 1;
    const prefix = JSON.stringify([job, provider]).slice(0, -1);
    for (const key of this.#groups.keys()) if (key.startsWith(prefix)) this.#groups.delete(key);
  }

  of(job: string): readonly string[] {
    return [...this.#groups]
      .filter(([key]) => JSON.parse(key)[0] === job)
      .map(([, { source: name, targets }]) => [name, ...targets.map((one) => getLabel(one, "__address__"))].join(" "))
      .toSorted();
  }
}

let clock: FakeClock;
let log: MemoryLogger;
let fakes: FakeDiscoverers;
let jobs: Jobs;
let changes: number;
let manager: DiscoveryManager;

beforeEach(() => {
  clock = new FakeClock();
  log = new MemoryLogger();
  fakes = new FakeDiscoverers();
  jobs = new Jobs();
  changes = 0;
  manager = new DiscoveryManager({
    createDiscoverer: fakes.create,
    consumer: jobs,
    clock,
    log,
    onStateChange: () => {
      changes += 1;
    },
  });
});

const job = (name: string, ...sources: readonly string[]): DiscoveredJob => ({ name, discovery: sources.map(source) });

describe("groups", () => {
  it("reach every job of a source, which runs once for all of them", () => {
    manager.apply([job("a", "x"), job("b", "x"), job("c", "y")]);
    fakes.run("x").sink.update([group("g", "1:1")]);
    expect(fakes.runs("x")).toHaveLength(1);
    expect([jobs.of("a"), jobs.of("b"), jobs.of("c")]).toEqual([["g 1:1"], ["g 1:1"], []]);
  });

  it("are merged by source: one that is not named stays, one without targets goes", () => {
    manager.apply([job("a", "x")]);
    const { sink } = fakes.run("x");
    sink.update([group("g", "1:1"), group("h", "2:2")]);
    sink.update([]);
    sink.update([group("g", "1:9")]);
    expect(jobs.of("a")).toEqual(["g 1:9", "h 2:2"]);
    sink.update([group("h")]);
    expect(jobs.of("a")).toEqual(["g 1:9"]);
  });

  it("that did not change do not reach anybody", () => {
    manager.apply([job("a", "x")]);
    const { sink } = fakes.run("x");
    sink.update([group("g", "1:1")]);
    const before = jobs.calls;
    sink.update([group("g", "1:1"), group("never-there")]);
    expect(jobs.calls).toBe(before);
  });

  it("of a source named twice by one job count once", () => {
    manager.apply([job("a", "x", "x")]);
    fakes.run("x").sink.update([group("g", "1:1")]);
    expect(jobs.of("a")).toEqual(["g 1:1"]);
    expect(jobs.calls).toBe(1);
  });

  it("can be handed to a consumer that starts from nothing", () => {
    manager.apply([job("a", "x"), job("b", "x", "y")]);
    fakes.run("x").sink.update([group("g", "1:1")]);
    const fresh = new Jobs();
    const yields = [...manager.replay(fresh)];
    expect(yields).toHaveLength(2);
    expect([fresh.of("a"), fresh.of("b")]).toEqual([["g 1:1"], ["g 1:1"]]);
  });

  it("can be read job by job, of the sources that have reported", () => {
    manager.apply([job("a", "x", "y"), job("b", "y")]);
    fakes.run("x").sink.update([group("g", "1:1")]);
    const groupsOf = (name: string): readonly string[][] =>
      manager.sourcesOf(name).map(({ groups }) => groups.map((one) => one.source));
    expect([groupsOf("a"), groupsOf("b"), groupsOf("c")]).toEqual([[["g"]], [], []]);
    fakes.run("y").sink.update([group("h", "2:2"), group("i", "3:3")]);
    expect([groupsOf("a"), groupsOf("b")]).toEqual([[["g"], ["h", "i"]], [["h", "i"]]]);
  });
});

describe("a new configuration", () => {
  it("that is equal does nothing: not a call, not a run", () => {
    manager.apply([job("a", "x"), job("b", "y")]);
    fakes.run("x").sink.update([group("g", "1:1")]);
    const before = jobs.calls;
    manager.apply([job("b", "y"), job("a", "x")]);
    expect(jobs.calls).toBe(before);
    expect(fakes.active).toBe(2);
    expect(fakes.runs("x")).toHaveLength(1);
  });

  it("gives a new job what its source already knows, at once", () => {
    manager.apply([job("a", "x")]);
    fakes.run("x").sink.update([group("g", "1:1")]);
    manager.apply([job("a", "x"), job("b", "x")]);
    expect(jobs.of("b")).toEqual(["g 1:1"]);
  });

  it("that renames a job keeps its source running", () => {
    manager.apply([job("a", "x")]);
    fakes.run("x").sink.update([group("g", "1:1")]);
    manager.apply([job("b", "x")]);
    expect([jobs.of("a"), jobs.of("b")]).toEqual([[], ["g 1:1"]]);
    expect(fakes.runs("x")).toHaveLength(1);
    expect(fakes.run("x").signal.aborted).toBe(false);
  });

  it("stops the source of a removed job and takes its targets away", async () => {
    manager.apply([job("a", "x"), job("b", "y")]);
    fakes.run("x").sink.update([group("g", "1:1")]);
    manager.apply([job("b", "y")]);
    expect(jobs.of("a")).toEqual([]);
    expect(fakes.run("x").signal.aborted).toBe(true);
    await settle();
    expect(fakes.active).toBe(1);
    fakes.run("x").sink.update([group("late", "9:9")]);
    fakes.run("x").sink.failed(new Error("late"));
    expect(jobs.of("a")).toEqual([]);
    expect(manager.stateOf("a")).toBeUndefined();
  });

  it("keeps the targets of a job's old source until its new ones have reported", () => {
    manager.apply([job("a", "old")]);
    fakes.run("old").sink.update([group("g", "1:1")]);
    manager.apply([job("a", "new", "newer")]);
    fakes.run("new").sink.update([group("n", "2:2")]);
    expect(jobs.of("a")).toEqual(["g 1:1", "n 2:2"]);
    expect(manager.stateOf("a")).toEqual({ state: "pending", known: true });
    fakes.run("newer").sink.failed(new Error("no luck"));
    expect(jobs.of("a")).toEqual(["g 1:1", "n 2:2"]);
    fakes.run("newer").sink.update([]);
    expect(jobs.of("a")).toEqual(["n 2:2"]);
    expect(fakes.run("old").signal.aborted).toBe(true);
  });

  it("lets go at once of an old source that knows nothing, and does not wait for it", () => {
    manager.apply([job("a", "old"), job("b", "old")]);
    manager.apply([job("a", "new"), job("b", "old")]);
    expect(fakes.run("old").signal.aborted).toBe(false);
    manager.apply([job("a", "new"), job("b", "new")]);
    expect(fakes.run("old").signal.aborted).toBe(true);
    expect(manager.settled).toBe(false);
    fakes.run("new").sink.failed(new Error("no luck"));
    expect(manager.settled).toBe(true);
  });

  it("that takes a retiring source back leaves it running", () => {
    manager.apply([job("a", "old")]);
    fakes.run("old").sink.update([group("g", "1:1")]);
    manager.apply([job("a", "new")]);
    manager.apply([job("a", "old")]);
    expect(jobs.of("a")).toEqual(["g 1:1"]);
    expect(fakes.runs("old")).toHaveLength(1);
    expect(fakes.run("new").signal.aborted).toBe(true);
  });
});

describe("the state of a job", () => {
  it("is pending until all its sources have reported, be it nothing", () => {
    expect(manager.settled).toBe(true);
    manager.apply([job("a", "x", "y")]);
    expect(manager.stateOf("a")).toEqual({ state: "pending", known: false });
    fakes.run("x").sink.update([]);
    expect(manager.stateOf("a")).toEqual({ state: "pending", known: true });
    expect(manager.settled).toBe(false);
    fakes.run("y").sink.update([]);
    expect(manager.stateOf("a")).toEqual({ state: "settled", known: true });
    expect(manager.settled).toBe(true);
    expect(changes).toBe(3);
  });

  it("is settled at once for a job without sources", () => {
    manager.apply([job("a")]);
    expect(manager.stateOf("a")).toEqual({ state: "settled", known: true });
  });

  it("is failing from a failure to the next update, and its groups stay", () => {
    manager.apply([job("a", "x")]);
    const { sink } = fakes.run("x");
    sink.failed(new Error("listing pods: forbidden"));
    expect(manager.stateOf("a")).toEqual({ state: "failing", error: "listing pods: forbidden", known: false });
    sink.update([group("g", "1:1")]);
    expect(manager.stateOf("a")).toEqual({ state: "settled", known: true });
    sink.failed(new Error("no answer"));
    expect(manager.stateOf("a")).toEqual({ state: "failing", error: "no answer", known: true });
    expect(jobs.of("a")).toEqual(["g 1:1"]);
  });

  it("names all errors of its sources, each once", () => {
    manager.apply([job("a", "x", "y", "z")]);
    for (const name of ["x", "y", "z"]) fakes.run(name).sink.failed(new Error(name === "z" ? "other" : "same"));
    expect(manager.stateOf("a")?.error).toBe("same; other");
  });

  it("goes on failing when an update says so, and nobody is told anew", () => {
    manager.apply([job("a", "x")]);
    const { sink } = fakes.run("x");
    for (const address of ["1:1", "2:2", "3:3"])
      sink.update([group("g", address)], new Error("namespace b: forbidden"));
    expect(jobs.of("a")).toEqual(["g 3:3"]);
    expect(manager.stateOf("a")).toEqual({ state: "failing", error: "namespace b: forbidden", known: true });
    expect(log.messages()).toEqual(["discovery fails"]);
    expect(changes).toBe(2);
    sink.update([group("g", "3:3")]);
    expect(manager.stateOf("a")).toEqual({ state: "settled", known: true });
    expect(log.messages()).toEqual(["discovery fails", "discovery recovered"]);
  });

  it("is told about only when it changes", () => {
    manager.apply([job("a", "x")]);
    const { sink } = fakes.run("x");
    sink.failed(new Error("no answer"));
    sink.failed(new Error("no answer"));
    sink.update([]);
    sink.update([group("g", "1:1")]);
    expect(changes).toBe(3);
    expect(log.messages()).toEqual(["discovery fails", "discovery recovered"]);
    expect(log.entries[0]?.fields).toMatchObject({ mechanism: "fake", jobs: ["a"], error: new Error("no answer") });
  });
});

describe("a run that rejects", () => {
  it("harms no other source and is tried again, each time later, up to a minute", async () => {
    manager.apply([job("a", "x"), job("b", "y")]);
    const waits: (number | undefined)[] = [];
    for (let attempt = 1; attempt <= 8; attempt += 1) {
      fakes.run("x").end(new Error("bug"));
      await settle();
      expect(manager.stateOf("a")).toMatchObject({ state: "failing", error: "bug" });
      waits.push(clock.nextIn);
      await clock.advance(clock.nextIn ?? 0);
      expect(fakes.runs("x")).toHaveLength(attempt + 1);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    fakes.run("y").sink.update([group("g", "1:1")]);
    expect(manager.stateOf("b")).toEqual({ state: "settled", known: true });
  });

  it("is followed by a full set, which takes away what no longer exists", async () => {
    manager.apply([job("a", "x")]);
    fakes.run("x").sink.update([group("g", "1:1"), group("h", "2:2")]);
    fakes.run("x").end(new Error("bug"));
    await settle();
    expect(jobs.of("a")).toEqual(["g 1:1", "h 2:2"]);
    await clock.advance(1_000);
    fakes.run("x").sink.update([group("h", "2:2")]);
    expect(jobs.of("a")).toEqual(["h 2:2"]);
  });

  it("by failing to be created counts the same", async () => {
    const broken = new DiscoveryManager({
      createDiscoverer: () => {
        throw new Error("role: none");
      },
      consumer: jobs,
      clock,
      log,
      onStateChange: () => undefined,
    });
    broken.apply([job("a", "x")]);
    await settle();
    expect(broken.stateOf("a")).toEqual({ state: "failing", error: "role: none", known: false });
    await broken.stop();
    expect(clock.pending).toBe(0);
  });
});

it("a run that ends by itself leaves its groups and is not repeated", async () => {
  manager.apply([job("a", "x")]);
  fakes.run("x").sink.update([group("g", "1:1")]);
  fakes.run("x").end();
  await clock.advance(120_000);
  expect(jobs.of("a")).toEqual(["g 1:1"]);
  expect(fakes.runs("x")).toHaveLength(1);
});

it("stop ends every run, waits for them, and nothing reaches the consumer after it", async () => {
  manager.apply([job("a", "x"), job("b", "y")]);
  fakes.run("y").end(new Error("waits for its retry"));
  await settle();
  await manager.stop();
  expect(fakes.active).toBe(0);
  expect(clock.pending).toBe(0);
  const before = jobs.calls;
  fakes.run("x").sink.update([group("g", "1:1")]);
  manager.apply([job("c", "z")]);
  expect(jobs.calls).toBe(before);
  expect(fakes.runs("z")).toEqual([]);
});

it("a source is called the same in every process, and differently for other settings", () => {
  const names = (...sources: readonly string[]): readonly string[] => {
    const seen: string[] = [];
    const consumer = {
      updateGroups: (_job: string, provider: string): void => void seen.push(provider),
      removeProvider: (): void => undefined,
    };
    const some = new FakeDiscoverers();
    const one = new DiscoveryManager({
      createDiscoverer: some.create,
      consumer,
      clock,
      log,
      onStateChange: () => undefined,
    });
    one.apply([job("a", ...sources)]);
    for (const name of sources) some.run(name).sink.update([group("g", "1:1")]);
    return seen;
  };
  const [x, y] = names("x", "y");
  expect(names("y", "x")).toEqual([y, x]);
  expect(x).toMatch(/^fake\/[0-9a-f]{12}$/);
  expect(x).not.toBe(y);
});
