import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { RESOURCES } from "../../src/api/resource-type.ts";
import { LeaderElector, type LeaderElectionOptions } from "../../src/controllers/index.ts";
import { createKubeConnection, type KubeConnection } from "../../src/kube/client-node/connection.ts";
import { PromClientMetrics } from "../../src/observability/prom-client-metrics.ts";
import { systemClock } from "../../src/observability/system-clock.ts";
import { type ControlPlane, START_TIMEOUT_MS, startControlPlane } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import { FlakyConnection } from "../support/flaky-client.ts";
import { MemoryLogger } from "../support/memory-logger.ts";

const TEST_TIMEOUT_MS = 90_000;
/** Short enough for a test, long enough for a busy machine. */
const SHORT = { leaseDurationMs: 4_000, renewDeadlineMs: 3_000, retryPeriodMs: 500 };

let plane: ControlPlane;
let contenders: Contender[] = [];
let leases = 0;
/** How many led at once, at the worst. */
let most = 0;

beforeAll(async () => {
  plane = await startControlPlane();
}, START_TIMEOUT_MS);

afterEach(async () => {
  for (const contender of contenders) contender.stop.abort();
  await Promise.all(contenders.map(async (contender) => contender.close()));
}, TEST_TIMEOUT_MS);

afterAll(async () => {
  await plane.stop();
}, START_TIMEOUT_MS);

/** One process that wants to lead, with a connection of its own. */
class Contender {
  readonly stop = new AbortController();
  readonly connection: FlakyConnection;
  readonly elector: LeaderElector;
  working = false;
  readonly #kube: KubeConnection;
  readonly #ended: Promise<void>;

  constructor(identity: string, options: Partial<LeaderElectionOptions>) {
    this.#kube = createKubeConnection({
      kubeconfigPath: plane.kubeconfigPath,
      timers: systemClock,
      onWarning: () => undefined,
    });
    this.connection = new FlakyConnection(this.#kube.client);
    this.elector = new LeaderElector({
      client: this.connection.client,
      clock: systemClock,
      log: new MemoryLogger(),
      metrics: new PromClientMetrics(),
      lease: { namespace: "default", name: `operator-${leases}` },
      identity,
      ...options,
    });
    this.#ended = this.elector.run(this.stop.signal, async (lost) => this.#lead(lost));
  }

  async close(): Promise<void> {
    await this.#ended;
    await this.#kube.close();
  }

  async #lead(lost: AbortSignal): Promise<void> {
    this.working = true;
    most = Math.max(most, contenders.filter(({ working }) => working).length);
    await new Promise<void>((resolve) => {
      AbortSignal.any([lost, this.stop.signal]).addEventListener("abort", () => resolve(), { once: true });
    });
    this.working = false;
  }
}

function threeContenders(options: Partial<LeaderElectionOptions> = {}): void {
  leases += 1;
  most = 0;
  contenders = ["a", "b", "c"].map((identity) => new Contender(identity, options));
}

/** The one that leads; waits for it. */
async function leader(withinMs = 30_000, except?: Contender): Promise<Contender> {
  return eventually(
    () => {
      const found = contenders.find((contender) => contender.working && contender !== except);
      if (found === undefined) throw new Error("nobody leads");
      return found;
    },
    { withinMs, everyMs: 20 },
  );
}

describe("three contenders on a real API server", () => {
  it(
    "elect one, and hand over within three seconds each time the leader stops",
    async () => {
      threeContenders();
      const first = await leader();
      first.stop.abort();
      const second = await leader(3_000, first);
      second.stop.abort();
      const third = await leader(3_000, second);
      expect(new Set([first, second, third]).size).toBe(3);
      third.stop.abort();
      await third.close();
      const lease = JSON.parse(await plane.kubectl(["get", "lease", `operator-${leases}`, "-o=json"])) as {
        spec: Record<string, unknown>;
      };
      expect(lease.spec).toMatchObject({ leaseTransitions: 2, leaseDurationSeconds: 1 });
      expect(lease.spec["holderIdentity"]).toBeUndefined();
      expect(most).toBe(1);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    "elect another when the leader is cut off, which has ended its term by then",
    async () => {
      threeContenders(SHORT);
      const first = await leader();
      first.connection.state = "hung";
      const second = await leader(30_000, first);
      expect([first.working, first.elector.leading, second.elector.leading]).toEqual([false, false, true]);
      first.connection.state = "up";
      await eventually(() => expect(first.elector.leader).toBe(second.elector.leader));
      expect(most).toBe(1);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    "all stop when the API server dies, and elect one when it is back",
    async () => {
      threeContenders(SHORT);
      const first = await leader();
      await plane.killApiServer();
      await eventually(() => expect(first.working).toBe(false));
      await plane.startApiServer();
      await leader();
      expect(most).toBe(1);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    "elect anew when somebody takes the Lease away from the leader",
    async () => {
      threeContenders(SHORT);
      const first = await leader();
      const name = `operator-${leases}`;
      const spec = { holderIdentity: "usurper", leaseDurationSeconds: 2 };
      await first.connection.client.mergePatch(RESOURCES.Lease, { namespace: "default", name }, { spec });
      await eventually(() => expect(first.elector.leader).toBe("usurper"), { everyMs: 20 });
      await leader();
      expect(most).toBe(1);
    },
    TEST_TIMEOUT_MS,
  );
});
