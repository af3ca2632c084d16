import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { RESOURCES } from "../../../src/api/resource-type.ts";
import { Controller } from "../../../src/controllers/runtime/controller.ts";
import { enqueueObject } from "../../../src/controllers/runtime/event-handler.ts";
import { LeaderElector } from "../../../src/controllers/runtime/leader-election.ts";
import { Manager, type ManagerOptions } from "../../../src/controllers/runtime/manager.ts";
import { DONE } from "../../../src/controllers/runtime/reconciler.ts";
import type { Runnable } from "../../../src/controllers/runtime/runnable.ts";
import { type Source, watchSource } from "../../../src/controllers/runtime/source.ts";
import type { KubeClient } from "../../../src/kube/client.ts";
import { InMemoryCluster } from "../../../src/kube/in-memory/in-memory-cluster.ts";
import { PromClientMetrics } from "../../../src/observability/prom-client-metrics.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { FakeInformers } from "../../support/fake-informers.ts";
import { FlakyConnection } from "../../support/flaky-client.ts";
import { MemoryLogger } from "../../support/memory-logger.ts";

const configMaps = { type: RESOURCES.ConfigMap };
const pods = { type: RESOURCES.Pod };
const lease = { namespace: "otel", name: "operator" };

/** Something to run that writes down what happens to it, and ends as told. */
class Actor implements Runnable {
  readonly name: string;
  readonly needsLeaderElection: boolean;
  readonly sources: readonly Source[];
  readonly #events: string[];
  /** Ends the present run. */
  end: (error?: Error) => void = () => undefined;
  /** What it ends at by itself. */
  hears: "stop" | "abort" | "nothing" = "stop";

  constructor(
    name: string,
    events: string[],
    { leads = false, sources = [] }: { leads?: boolean; sources?: readonly Source[] } = {},
  ) {
    this.name = name;
    this.#events = events;
    this.needsLeaderElection = leads;
    this.sources = sources;
  }

  async run(stop: AbortSignal, abort: AbortSignal): Promise<void> {
    this.#events.push(`${this.name} started`);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.end = (error) => (error === undefined ? resolve() : reject(error));
    stop.addEventListener("abort", () => {
      this.#events.push(`${this.name} stopping`);
      if (this.hears === "stop") resolve();
    });
    abort.addEventListener("abort", () => {
      this.#events.push(`${this.name} aborted`);
      if (this.hears !== "nothing") resolve();
    });
    await promise;
    this.#events.push(`${this.name} ended`);
  }
}

let clock: FakeClock;
let server: KubeClient;
let informers: FakeInformers;
let events: string[];
let processes: Process[];

beforeEach(() => {
  clock = new FakeClock();
  server = new InMemoryCluster({ missingNamespaces: "create" }).client("test");
  informers = new FakeInformers();
  events = [];
  processes = [];
});

afterEach(async () => {
  for (const { stop } of processes) stop.abort();
  await clock.advance(60_000);
  if (clock.pending > 0) throw new Error(`${clock.pending} timers were left behind`);
});

/** One operator process with its manager. */
class Process {
  readonly stop = new AbortController();
  readonly log = new MemoryLogger();
  readonly connection = new FlakyConnection(server);
  readonly manager: Manager;
  outcome: unknown = "running";

  constructor(runnables: readonly Runnable[], options: Partial<ManagerOptions> & { identity?: string } = {}) {
    processes.push(this);
    const { identity, ...rest } = options;
    this.manager = new Manager({
      log: this.log,
      clock,
      ...rest,
      ...(identity === undefined ? {} : { election: this.#elector(identity) }),
    });
    for (const runnable of runnables) this.manager.add(runnable);
  }

  async start(): Promise<void> {
    void this.#run();
    await settle();
  }

  ready(): string | undefined {
    return this.manager.readiness.report().checks.find(({ problem }) => problem !== undefined)?.problem;
  }

  async #run(): Promise<void> {
    try {
      await this.manager.run(this.stop.signal);
      this.outcome = "stopped";
    } catch (error) {
      this.outcome = error;
    }
  }

  #elector(identity: string): LeaderElector {
    const metrics = new PromClientMetrics();
    const { client } = this.connection;
    return new LeaderElector({ client, clock, log: this.log, metrics, lease, identity, random: () => 0 });
  }
}

const holder = async (): Promise<unknown> => {
  const live = await server.get(RESOURCES.Lease, lease);
  return (live as { spec?: { holderIdentity?: string } } | undefined)?.spec?.holderIdentity;
};

describe("Manager", () => {
  describe("starts", () => {
    it("nothing before all caches are in sync, and says what it waits for", async () => {
      const source = (scope: typeof pods): Source => watchSource({ informers, scope, handler: enqueueObject });
      const process = new Process([
        new Actor("collector", events, { leads: true, sources: [source(configMaps), source(pods)] }),
        new Actor("serving", events),
      ]);
      expect(process.ready()).toBe("not started");
      await process.start();
      informers.watch(configMaps).sync();
      informers.watch(pods).fail(new Error("listing pods: forbidden"));
      await settle();
      expect(process.ready()).toBe("waiting for caches: pods in all namespaces (listing pods: forbidden)");
      expect(events).toEqual([]);
      await clock.advance(30_000);
      expect(process.log.entries.at(-1)).toMatchObject({
        level: "warn",
        message: "controllers wait for their caches",
        fields: { caches: "pods in all namespaces (listing pods: forbidden)" },
      });
      informers.watch(pods).sync();
      await settle();
      expect(events.toSorted()).toEqual(["collector started", "serving started"]);
      expect(process.ready()).toBeUndefined();
    });

    it("what needs no leader election on each replica, the rest on the one that leads", async () => {
      const [one, other] = ["1", "2"].map(
        (id) =>
          new Process([new Actor(`collector ${id}`, events, { leads: true }), new Actor(`serving ${id}`, events)], {
            identity: id,
          }),
      );
      await one?.start();
      await other?.start();
      await clock.advance(10_000);
      expect(events).toEqual(["serving 1 started", "collector 1 started", "serving 2 started"]);
      expect([one?.ready(), other?.ready()]).toEqual([undefined, undefined]);
    });

    it("keeps caches filled on a replica that stands by", async () => {
      const source = watchSource({ informers, scope: configMaps, handler: enqueueObject });
      informers.watch(configMaps).sync();
      await new Process([new Actor("leader", events, { leads: true })], { identity: "1" }).start();
      await new Process([new Actor("standby", events, { leads: true, sources: [source] })], { identity: "2" }).start();
      expect(events).toEqual(["leader started"]);
      expect(informers.watch(configMaps).uses).toBe(1);
    });
  });

  describe("stops when told to", () => {
    it("in order: no new work, work in hand, the lease, the caches", async () => {
      const source = watchSource({ informers, scope: configMaps, handler: enqueueObject });
      informers.watch(configMaps).sync();
      const collector = new Actor("collector", events, { leads: true, sources: [source] });
      collector.hears = "abort";
      const process = new Process([collector, new Actor("serving", events)], { identity: "1" });
      await process.start();
      process.stop.abort();
      await clock.advance(5_000);
      expect(process.ready()).toBe("stopping");
      expect(events.slice(2)).toEqual(["serving stopping", "collector stopping", "serving ended"]);
      expect([await holder(), informers.watch(configMaps).uses, process.outcome]).toEqual(["1", 1, "running"]);
      collector.end();
      await settle();
      expect([await holder(), informers.watch(configMaps).uses, process.outcome]).toEqual([undefined, 0, "stopped"]);
      expect(clock.pending).toBe(0);
    });

    it("before the caches are in sync", async () => {
      const source = watchSource({ informers, scope: configMaps, handler: enqueueObject });
      const process = new Process([new Actor("collector", events, { sources: [source] })]);
      await process.start();
      process.stop.abort();
      await settle();
      expect([process.outcome, events, informers.watch(configMaps).uses]).toEqual(["stopped", [], 0]);
    });

    it("before it was started", async () => {
      const process = new Process([new Actor("collector", events)]);
      process.stop.abort();
      await process.start();
      expect([process.outcome, events]).toEqual(["stopped", []]);
    });

    it("gives up work that does not end in time", async () => {
      const collector = new Actor("collector", events, { leads: true });
      collector.hears = "abort";
      const process = new Process([collector], { identity: "1", drainTimeoutMs: 3_000 });
      await process.start();
      process.stop.abort();
      await clock.advance(2_999);
      expect(process.outcome).toBe("running");
      await clock.advance(1);
      expect(events.slice(1)).toEqual(["collector stopping", "collector aborted", "collector ended"]);
      expect([process.outcome, await holder()]).toEqual(["stopped", undefined]);
      expect(process.log.messages("warn")).toEqual(["work in hand did not end in time and is given up"]);
    });

    it("leaves behind what ignores that too, says what it was, and does not release the lease", async () => {
      const collector = new Actor("collector", events, { leads: true });
      collector.hears = "nothing";
      const process = new Process([collector, new Actor("serving", events)], { identity: "1" });
      await process.start();
      process.stop.abort();
      await clock.advance(11_000);
      expect(process.outcome).toMatchObject({
        code: "DRAIN_TIMEOUT",
        message: "stopping: collector did not end within 11000 ms",
      });
      expect(await holder()).toBe("1");
    });
  });

  describe("when a runnable fails", () => {
    it("stops the others and ends with that failure", async () => {
      const [bad, good] = [new Actor("bad", events), new Actor("good", events, { leads: true })];
      const process = new Process([bad, good], { identity: "1" });
      await process.start();
      const cause = new Error("no more sockets");
      bad.end(cause);
      await settle();
      expect(process.outcome).toMatchObject({ message: "bad failed", cause });
      expect(events.slice(2)).toEqual(["bad stopping", "good stopping", "good ended"]);
      expect(await holder()).toBeUndefined();
    });

    it("ends with the first failure, and logs what fails while stopping", async () => {
      const [first, second] = [new Actor("first", events), new Actor("second", events, { leads: true })];
      second.hears = "abort";
      const process = new Process([first, second]);
      await process.start();
      first.end(new Error("one"));
      await settle();
      second.end(new Error("two"));
      await settle();
      expect(process.outcome).toMatchObject({ message: "first failed" });
      expect(process.log.entries.filter(({ level }) => level === "error")).toMatchObject([
        { message: "failed while stopping", fields: { error: { message: "second failed" } } },
      ]);
    });

    it("stops the others also when the election itself fails", async () => {
      const metrics = new PromClientMetrics();
      const failure = new Error("no randomness");
      const random = (): never => {
        throw failure;
      };
      const { client } = new FlakyConnection(server);
      await new Process([], { identity: "1" }).start();
      const election = new LeaderElector({
        client,
        clock,
        log: new MemoryLogger(),
        metrics,
        lease,
        identity: "2",
        random,
      });
      const process = new Process([new Actor("serving", events)], { election });
      await process.start();
      expect([process.outcome, events]).toEqual([failure, ["serving started", "serving stopping", "serving ended"]]);
    });

    it("takes an error after the abort for no failure", async () => {
      const actor = new Actor("collector", events);
      actor.hears = "nothing";
      const process = new Process([actor]);
      await process.start();
      process.stop.abort();
      await clock.advance(10_000);
      actor.end(new Error("aborted"));
      await settle();
      expect(process.outcome).toBe("stopped");
    });
  });

  it("goes on when a runnable ends by itself", async () => {
    const [once, always] = [new Actor("once", events), new Actor("always", events, { leads: true })];
    const process = new Process([once, always], { identity: "1" });
    await process.start();
    once.end();
    always.end();
    await clock.advance(60_000);
    expect([process.outcome, await holder(), process.ready()]).toEqual(["running", "1", undefined]);
  });

  it("aborts at once what needs the leadership when it is lost, goes on serving, and leads again", async () => {
    const process = new Process([new Actor("collector", events, { leads: true }), new Actor("serving", events)], {
      identity: "1",
    });
    await process.start();
    process.connection.state = "down";
    await clock.advance(10_000);
    expect(events.slice(2)).toEqual(["collector stopping", "collector aborted", "collector ended"]);
    expect([process.outcome, process.ready()]).toEqual(["running", undefined]);
    process.connection.state = "up";
    await clock.advance(3_000);
    expect(events.at(-1)).toBe("collector started");
  });

  it("reports a term that does not end as a reason to start the process anew", async () => {
    const collector = new Actor("collector", events, { leads: true });
    collector.hears = "nothing";
    const process = new Process([collector], { identity: "1" });
    await process.start();
    process.connection.state = "down";
    await clock.advance(40_000);
    expect(process.manager.liveness.report().healthy).toBe(false);
    expect(new Process([]).manager.liveness.report().healthy).toBe(true);
  });

  it("runs controllers: what is in cache is reconciled by whoever leads", async () => {
    const seen: string[] = [];
    const controller = (id: string): Controller =>
      new Controller({
        name: "config",
        reconciler: {
          reconcile: async ({ name }) => {
            seen.push(`${name} by ${id}`);
            return DONE;
          },
        },
        sources: [watchSource({ informers, scope: configMaps, handler: enqueueObject })],
        log: new MemoryLogger(),
        clock,
        metrics: new PromClientMetrics(),
      });
    informers.watch(configMaps).sync();
    const [one, other] = ["1", "2"].map((id) => new Process([controller(id)], { identity: id }));
    await one?.start();
    await other?.start();
    informers
      .watch(configMaps)
      .put({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "shop" } });
    await settle();
    one?.stop.abort();
    await clock.advance(3_000);
    expect([one?.outcome, seen]).toEqual(["stopped", ["a by 1", "a by 2"]]);
  });

  it("refuses a name that is taken, an addition after the start, and a second run", async () => {
    const process = new Process([new Actor("a", events)]);
    expect(() => process.manager.add(new Actor("a", events))).toThrow("adding a: the name is taken");
    await process.start();
    expect(() => process.manager.add(new Actor("b", events))).toThrow("adding b: the manager runs already");
    await expect(process.manager.run(process.stop.signal)).rejects.toThrow("a manager can be run once");
  });
});
