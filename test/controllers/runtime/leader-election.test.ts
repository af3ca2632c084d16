import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import type { KubeObject } from "../../../src/api/meta.ts";
import { RESOURCES } from "../../../src/api/resource-type.ts";
import { DrainTimeoutError } from "../../../src/controllers/runtime/drain-timeout-error.ts";
import { LeaderElector, type LeaderElectionOptions } from "../../../src/controllers/runtime/leader-election.ts";
import type { KubeClient } from "../../../src/kube/client.ts";
import { InMemoryCluster } from "../../../src/kube/in-memory/in-memory-cluster.ts";
import { ForbiddenError, KubeError } from "../../../src/kube/errors.ts";
import { PromClientMetrics } from "../../../src/observability/prom-client-metrics.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { FakeInformers, type FakeWatch } from "../../support/fake-informers.ts";
import { type Connection, FlakyConnection } from "../../support/flaky-client.ts";
import { MemoryLogger } from "../../support/memory-logger.ts";

interface Lease extends KubeObject {
  readonly spec: Record<string, unknown>;
}

const lease = { namespace: "otel", name: "operator" };

/** All contenders of a test, on one clock and one server. */
let clock: FakeClock;
let server: KubeClient;
let contenders: Contender[];

beforeEach(() => {
  clock = new FakeClock();
  server = new InMemoryCluster({ missingNamespaces: "create" }).client("test");
  contenders = [];
});

afterEach(async () => {
  for (const contender of contenders) contender.kill();
  await clock.advance(60_000);
  await Promise.all(contenders.map(async ({ ended }) => ended));
  if (clock.pending > 0) throw new Error(`${clock.pending} timers were left behind`);
});

/** One process that wants to lead. Its work ends as soon as it is told to, unless the test holds it. */
class Contender {
  readonly connection = new FlakyConnection(server);
  readonly log = new MemoryLogger();
  readonly metrics = new PromClientMetrics();
  readonly elector: LeaderElector;
  readonly stop = new AbortController();
  /** Ends the work of the present term by itself. */
  finish: (error?: Error) => void = () => undefined;
  /** While set, the work of a term ignores that it should end. */
  deaf = false;
  terms = 0;
  working = false;
  ended: Promise<void> = Promise.resolve();
  outcome: unknown = "running";

  constructor(identity: string, options: Partial<LeaderElectionOptions> = {}) {
    contenders.push(this);
    this.elector = new LeaderElector({
      client: this.connection.client,
      clock,
      log: this.log,
      metrics: this.metrics,
      lease,
      identity,
      random: () => 0.5,
      ...options,
    });
  }

  start(): this {
    this.ended = this.#run();
    return this;
  }

  /** As if the process was killed: it does nothing any more, and nobody else knows. */
  kill(): void {
    this.deaf = false;
    this.connection.state = "hung";
    this.stop.abort();
    this.finish();
  }

  async status(): Promise<string | undefined> {
    return (await this.metrics.text()).split("\n").find((line) => line.startsWith("leader_election_master_status"));
  }

  async #run(): Promise<void> {
    try {
      await this.elector.run(this.stop.signal, async (lost) => this.#term(lost));
      this.outcome = "ended";
    } catch (error) {
      this.outcome = error;
    }
  }

  async #term(lost: AbortSignal): Promise<void> {
    this.terms += 1;
    this.working = true;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.finish = (error) => (error === undefined ? resolve() : reject(error));
    const end = (): void => {
      if (!this.deaf) resolve();
    };
    lost.addEventListener("abort", end, { once: true });
    this.stop.signal.addEventListener("abort", end, { once: true });
    await promise.finally(() => {
      this.working = false;
    });
  }
}

async function live(): Promise<Lease> {
  const found = await server.get<Lease>(RESOURCES.Lease, lease);
  if (found === undefined) throw new Error("there is no lease");
  return found;
}

const working = (): number => contenders.filter((contender) => contender.working).length;

describe("a contender that watches the lease", () => {
  /** What the watch of the second contender says, when it says it. */
  async function standBy(): Promise<{ first: Contender; second: Contender; watch: FakeWatch }> {
    const informers = new FakeInformers();
    const first = new Contender("first").start();
    await settle();
    const second = new Contender("second", { informers }).start();
    await settle();
    const watch = informers.watch({ type: RESOURCES.Lease, namespace: lease.namespace });
    watch.put(await live());
    await settle();
    return { first, second, watch };
  }

  it("takes a lease that is given back at once, without another try in between", async () => {
    const { first, second, watch } = await standBy();
    first.stop.abort();
    await first.ended;
    await settle();
    expect(second.working).toBe(false);
    watch.put(await live());
    await settle();
    expect(second.working).toBe(true);
    expect((await live()).spec).toMatchObject({ holderIdentity: "second", leaseTransitions: 1 });
    expect(watch.uses).toBe(0);
  });

  it("takes one that is deleted, too", async () => {
    const { first, second, watch } = await standBy();
    first.kill();
    await server.delete(RESOURCES.Lease, lease);
    watch.delete({ apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: lease });
    await settle();
    expect(second.working).toBe(true);
  });

  it("does nothing when the holder renews", async () => {
    const { second, watch } = await standBy();
    const sent = second.connection.calls.length;
    for (let i = 0; i < 5; i += 1) watch.put(await live());
    await settle();
    expect([second.working, second.connection.calls.length]).toEqual([false, sent]);
  });

  it("ends its watch when it is stopped while it stands by", async () => {
    const { second, watch } = await standBy();
    second.stop.abort();
    await second.ended;
    expect(watch.uses).toBe(0);
  });
});

describe("LeaderElector", () => {
  describe("to become the leader", () => {
    it("creates the Lease when there is none", async () => {
      const a = new Contender("a").start();
      await settle();
      expect([a.elector.leading, a.working, await a.status()]).toEqual([
        true,
        true,
        'leader_election_master_status{name="operator"} 1',
      ]);
      expect(await live()).toMatchObject({
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: lease,
        spec: {
          holderIdentity: "a",
          leaseDurationSeconds: 15,
          acquireTime: "2026-01-01T00:00:00.000000Z",
          renewTime: "2026-01-01T00:00:00.000000Z",
          leaseTransitions: 0,
        },
      });
    });

    it("takes a Lease that nobody holds, and counts the transition", async () => {
      await server.create(RESOURCES.Lease, leaseOf({ holderIdentity: "", leaseTransitions: 6 }));
      new Contender("a").start();
      await settle();
      expect((await live()).spec).toMatchObject({ holderIdentity: "a", leaseTransitions: 7 });
    });

    it("keeps what others wrote into the Lease", async () => {
      await server.create(RESOURCES.Lease, {
        ...leaseOf({ strategy: "OldestEmulationVersion" }),
        metadata: { ...lease, labels: { team: "obs" } },
      });
      new Contender("a").start();
      await settle();
      expect(await live()).toMatchObject({
        metadata: { labels: { team: "obs" } },
        spec: { holderIdentity: "a", strategy: "OldestEmulationVersion" },
      });
    });

    it("waits while the holder renews, however long", async () => {
      const [a, b] = [new Contender("a").start(), new Contender("b")];
      await settle();
      b.start();
      await clock.advance(600_000);
      expect([a.elector.leading, b.elector.leading, b.elector.leader]).toEqual([true, false, "a"]);
      expect(await b.status()).toBe('leader_election_master_status{name="operator"} 0');
    });

    it("takes a Lease that it has seen unchanged for the duration that its holder wrote", async () => {
      await server.create(RESOURCES.Lease, leaseOf({ holderIdentity: "dead", leaseDurationSeconds: 30 }));
      const a = new Contender("a").start();
      await clock.advance(29_999);
      expect(a.elector.leading).toBe(false);
      await clock.advance(2_200 + 1);
      expect(a.elector.leading).toBe(true);
    });

    it.each([
      { name: "in the past", renewTime: "2020-01-01T00:00:00.000000Z" },
      { name: "in the future", renewTime: "2040-01-01T00:00:00.000000Z" },
      { name: "absent", renewTime: undefined },
    ])("does not look at the holder's clock: a renewTime $name", async ({ renewTime }) => {
      await server.create(RESOURCES.Lease, leaseOf({ holderIdentity: "dead", ...(renewTime && { renewTime }) }));
      const a = new Contender("a").start();
      await clock.advance(14_999);
      expect(a.elector.leading).toBe(false);
      await clock.advance(2_201);
      expect(a.elector.leading).toBe(true);
    });

    it("does not look at its own wall clock either", async () => {
      const [a, b] = [new Contender("a").start(), new Contender("b")];
      await settle();
      b.start();
      await clock.advance(5_000);
      clock.jumpWallClock(86_400_000);
      await clock.advance(5_000);
      clock.jumpWallClock(-2 * 86_400_000);
      await clock.advance(5_000);
      expect([a.elector.leading, b.elector.leading, a.terms]).toEqual([true, false, 1]);
    });

    it("takes a change of labels for no renewal", async () => {
      await server.create(RESOURCES.Lease, leaseOf({ holderIdentity: "dead" }));
      const a = new Contender("a").start();
      for (let touch = 0; touch < 10; touch += 1) {
        await clock.advance(1_800);
        const present = await live();
        if (!a.elector.leading) {
          const metadata = { ...present.metadata, labels: { touch: String(touch) } };
          await server.replace(RESOURCES.Lease, { ...present, metadata });
        }
      }
      expect(a.elector.leading).toBe(true);
    });

    it("goes on as before when its own process name holds the Lease", async () => {
      await server.create(RESOURCES.Lease, leaseOf({ holderIdentity: "a", leaseTransitions: 3 }));
      const a = new Contender("a").start();
      await settle();
      expect(a.elector.leading).toBe(true);
      expect((await live()).spec["leaseTransitions"]).toBe(3);
    });

    it("does not begin a term on an answer that comes after the renew deadline", async () => {
      const a = new Contender("a");
      a.connection.hold = new Promise((resolve) => {
        clock.after(10_000, resolve);
      });
      a.start();
      await clock.advance(9_999);
      a.connection.hold = undefined;
      await clock.advance(1);
      expect([a.elector.leading, a.terms, (await live()).spec["holderIdentity"]]).toEqual([false, 0, "a"]);
      await clock.advance(2_200);
      expect([a.elector.leading, a.terms]).toEqual([true, 1]);
    });

    it("lets one of many win when all try at once", async () => {
      await server.create(RESOURCES.Lease, leaseOf({ holderIdentity: "dead" }));
      for (const name of ["a", "b", "c", "d", "e"]) new Contender(name).start();
      for (let ms = 0; ms < 120_000; ms += 500) {
        await clock.advance(500);
        expect(working()).toBeLessThanOrEqual(1);
      }
      expect(working()).toBe(1);
    });

    it("spreads its tries, so that contenders do not meet again and again", async () => {
      await server.create(RESOURCES.Lease, leaseOf({ holderIdentity: "dead" }));
      new Contender("a", { random: () => 0 }).start();
      await settle();
      expect(clock.nextIn).toBe(2_000);
      new Contender("b", { random: () => 0.999 }).start();
      await clock.advance(2_001);
      expect(clock.nextIn).toBeCloseTo(398.6);
    });
  });

  describe("as the leader", () => {
    it("renews each retry period with one request", async () => {
      const a = new Contender("a").start();
      await settle();
      a.connection.calls.length = 0;
      await clock.advance(10_000);
      expect(a.connection.calls).toEqual(Array(5).fill("replace Lease"));
      expect((await live()).spec).toMatchObject({
        renewTime: "2026-01-01T00:00:10.000000Z",
        acquireTime: "2026-01-01T00:00:00.000000Z",
        leaseTransitions: 0,
      });
    });

    it("lives with changes that others make to the Lease", async () => {
      const a = new Contender("a").start();
      await clock.advance(3_000);
      const present = await live();
      await server.replace(RESOURCES.Lease, { ...present, metadata: { ...present.metadata, labels: { x: "y" } } });
      await clock.advance(30_000);
      expect([a.elector.leading, a.terms]).toEqual([true, 1]);
      expect((await live()).metadata.labels).toEqual({ x: "y" });
    });

    it("creates the Lease anew when somebody deletes it", async () => {
      const a = new Contender("a").start();
      await clock.advance(3_000);
      await server.delete(RESOURCES.Lease, lease);
      await clock.advance(30_000);
      expect([a.elector.leading, a.terms]).toEqual([true, 1]);
      expect((await live()).spec["holderIdentity"]).toBe("a");
    });

    it.each(["down", "hung", "mute"] as const)(
      "survives a connection that is %s for less than the deadline",
      async (state) => {
        const a = new Contender("a").start();
        await clock.advance(4_500);
        a.connection.state = state;
        await clock.advance(9_000 - 4_500);
        a.connection.state = "up";
        await clock.advance(30_000);
        expect([a.elector.leading, a.terms]).toEqual([true, 1]);
      },
    );

    it.each(["down", "hung", "mute"] as const)(
      "ends its term when the connection is %s for longer, before anybody else can begin",
      async (state) => {
        const [a, b] = [new Contender("a").start(), new Contender("b")];
        await settle();
        b.start();
        await clock.advance(4_000);
        a.connection.state = state;
        let over = -1;
        for (let ms = 0; ms < 40_000; ms += 100) {
          await clock.advance(100);
          expect(working()).toBeLessThanOrEqual(1);
          if (over < 0 && !a.working) over = ms + 100;
        }
        expect(over).toBeLessThanOrEqual(10_000);
        expect([a.elector.leading, a.working, b.elector.leading]).toEqual([false, false, true]);
        expect(await a.status()).toBe('leader_election_master_status{name="operator"} 0');
        expect(a.log.messages("warn")).toContain("leadership lost");
      },
    );

    it("ends its term at once when it sees another holder, and stands for election again", async () => {
      const a = new Contender("a").start();
      await clock.advance(3_000);
      const present = await live();
      await server.replace(RESOURCES.Lease, { ...present, spec: { ...present.spec, holderIdentity: "usurper" } });
      await clock.advance(2_000);
      expect([a.elector.leading, a.working, a.elector.leader]).toEqual([false, false, "usurper"]);
      await clock.advance(20_000);
      expect([a.elector.leading, a.working, a.terms]).toEqual([true, true, 2]);
    });

    it("begins no new term while the work of a lost one still runs, and says so after a while", async () => {
      const a = new Contender("a").start();
      await settle();
      a.deaf = true;
      a.connection.state = "down";
      await clock.advance(12_000);
      a.connection.state = "up";
      await clock.advance(12_000);
      expect([a.elector.leading, a.terms, a.elector.stuck()]).toEqual([false, 1, undefined]);
      await clock.advance(4_000);
      expect(a.elector.stuck()).toMatch(/^leadership lost \d+ s ago, but the work of that term still runs$/);
      a.finish();
      await clock.advance(3_000);
      expect([a.elector.leading, a.terms, a.elector.stuck()]).toEqual([true, 2, undefined]);
    });
  });

  describe("when it is stopped", () => {
    it("keeps the Lease until its work has ended, then hands over within one retry period", async () => {
      const [a, b] = [new Contender("a").start(), new Contender("b")];
      await settle();
      b.start();
      await clock.advance(5_000);
      a.deaf = true;
      a.stop.abort();
      await clock.advance(20_000);
      expect([a.elector.leading, b.elector.leading]).toEqual([true, false]);
      a.finish();
      await settle();
      expect([a.outcome, a.elector.leading, (await live()).spec["holderIdentity"]]).toEqual([
        "ended",
        false,
        undefined,
      ]);
      await clock.advance(2_400);
      expect([b.elector.leading, (await live()).spec["leaseTransitions"]]).toEqual([true, 1]);
    });

    it("ends without a trace while it stands by", async () => {
      const [, b] = [new Contender("a").start(), new Contender("b")];
      await settle();
      b.start();
      await clock.advance(5_000);
      b.stop.abort();
      await settle();
      expect([b.outcome, b.terms, (await live()).spec["holderIdentity"]]).toEqual(["ended", 0, "a"]);
    });

    it("gives back what an interrupted request may have won", async () => {
      const a = new Contender("a");
      a.connection.state = "mute";
      await server.create(RESOURCES.Lease, leaseOf({ holderIdentity: "" }));
      a.start();
      await settle();
      const spec = { ...(await live()).spec, holderIdentity: "a" }; // what the request did, its answer never came
      await server.replace(RESOURCES.Lease, { ...(await live()), spec });
      a.connection.state = "up";
      a.stop.abort();
      await settle();
      expect([a.outcome, a.terms, (await live()).spec["holderIdentity"]]).toEqual(["ended", 0, undefined]);
    });

    it("ends although the Lease cannot be released", async () => {
      const a = new Contender("a").start();
      await settle();
      a.connection.state = "hung";
      a.stop.abort();
      await clock.advance(2_000);
      expect([a.outcome, a.log.messages("warn").at(-1)]).toEqual([
        "ended",
        "lease not released, the next leader waits until it expires",
      ]);
    });
  });

  it("never has two leaders, and always finds one again, whatever breaks when", async () => {
    const trouble = fc.record({
      who: fc.integer({ min: 0, max: 2 }),
      state: fc.constantFrom<Connection>("up", "down", "hung", "mute"),
      forMs: fc.integer({ min: 1, max: 20_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(trouble, { maxLength: 12 }), async (troubles) => {
        [clock, server, contenders] = [
          new FakeClock(),
          new InMemoryCluster({ missingNamespaces: "create" }).client("test"),
          [],
        ];
        const three = ["a", "b", "c"].map((name, index) => new Contender(name, { random: () => index / 3 }).start());
        const pass = async (ms: number): Promise<void> => {
          for (let passed = 0; passed < ms; passed += 250) {
            await clock.advance(250);
            expect(working()).toBeLessThanOrEqual(1);
          }
        };
        for (const { who, state, forMs } of troubles) {
          const connection = three[who]?.connection;
          if (connection !== undefined) connection.state = state;
          await pass(forMs);
        }
        for (const { connection } of three) connection.state = "up";
        await pass(35_000);
        expect(working()).toBe(1);
        for (const contender of three) contender.kill();
        await clock.advance(60_000);
      }),
      { numRuns: 30 },
    );
  });

  it("ends with the failure of its work, and hands over", async () => {
    const a = new Contender("a").start();
    await settle();
    const failure = new Error("a controller failed");
    a.finish(failure);
    await settle();
    expect([a.outcome, a.elector.leading, (await live()).spec["holderIdentity"]]).toEqual([failure, false, undefined]);
  });

  it("keeps the Lease when work was left behind: only the end of the process stops it", async () => {
    const a = new Contender("a").start();
    await settle();
    a.finish(new DrainTimeoutError(["collector"], 1_000));
    await settle();
    expect(a.outcome).toBeInstanceOf(DrainTimeoutError);
    expect((await live()).spec["holderIdentity"]).toBe("a");
  });

  describe("misconfigured", () => {
    it.each([
      {
        name: "reports what only a person can repair",
        refusal: new ForbiddenError("reading Lease otel/operator: forbidden", { status: 403, reason: "Forbidden" }),
        want: "leader election: reading Lease otel/operator: forbidden",
      },
      {
        name: "does not report what passes",
        refusal: new KubeError("reading Lease otel/operator: connection refused", { status: 0, reason: "" }),
        want: undefined,
      },
    ])("$name, logs it once, and goes on", async ({ refusal, want }) => {
      const a = new Contender("a");
      a.connection.refusal = refusal;
      a.start();
      await clock.advance(60_000);
      expect(a.elector.misconfigured()).toBe(want);
      expect(a.log.messages("warn")).toEqual(["leader election fails, trying again"]);
      a.connection.refusal = undefined;
      await clock.advance(3_000);
      expect([a.elector.leading, a.elector.misconfigured()]).toEqual([true, undefined]);
      expect(a.log.messages("info")).toContain("leader election works again");
    });
  });

  it.each<{ name: string; options: Partial<LeaderElectionOptions>; problem: string }>([
    { name: "an empty identity", options: { identity: "" }, problem: "identity must not be empty" },
    { name: "a retry period of 0", options: { retryPeriodMs: 0 }, problem: "retryPeriodMs must be positive" },
    { name: "a jitter of a whole period", options: { jitter: 1 }, problem: "jitter must be in [0, 1)" },
    {
      name: "a renew deadline that allows one try",
      options: { renewDeadlineMs: 2_400 },
      problem: "renewDeadlineMs must be greater than retryPeriodMs with its jitter",
    },
    {
      name: "a lease that ends before the renew deadline",
      options: { leaseDurationMs: 10_000 },
      problem: "leaseDurationMs must be greater than renewDeadlineMs",
    },
    {
      name: "a lease of part of a second",
      options: { leaseDurationMs: 15_500 },
      problem: "leaseDurationMs must be whole seconds",
    },
  ])("refuses $name", ({ options, problem }) => {
    expect(() => new Contender("a", options)).toThrow(`leader election of otel/operator: ${problem}`);
    contenders.length = 0;
  });
});

function leaseOf(spec: Record<string, unknown>): Lease {
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: lease,
    spec: { leaseDurationSeconds: 15, ...spec },
  };
}
