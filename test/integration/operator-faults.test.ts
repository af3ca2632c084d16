import { afterAll, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { stringify } from "yaml";
import { setTimeout as delay } from "node:timers/promises";
import type { KubeObject } from "../../src/api/meta.ts";
import { OPERATOR_LEASE } from "../../src/controllers/index.ts";
import { collectorText } from "../support/bad-input.ts";
import { START_TIMEOUT_MS } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import { NOTHING_BUT_PODS, type OperatorProgram, OperatorStage } from "../support/operator-stage.ts";

// Servers and processes are killed and started here, on a machine that may be busy.
jest.setTimeout(180_000);

/** Long enough for every resync, retry and status write that could come at rest. */
const AT_REST_MS = 20_000;

interface Scaled extends KubeObject {
  readonly spec: { readonly replicas: number };
}

/** An object with what its managers own of it. */
interface Managed {
  readonly metadata: {
    readonly annotations?: Readonly<Record<string, string>>;
    readonly managedFields: readonly {
      readonly manager: string;
      readonly fieldsV1: { readonly "f:spec"?: { readonly "f:replicas"?: object } };
    }[];
  };
}

let stage: OperatorStage;
let operator: OperatorProgram;

beforeAll(async () => {
  stage = await OperatorStage.start({ controllerManager: true });
}, START_TIMEOUT_MS);

afterAll(async () => stage.stop(), START_TIMEOUT_MS);

/** Everything made, status told, and Kubernetes' own controllers done with it. */
async function settled(name: string): Promise<void> {
  await eventually(
    async () => {
      expect(await stage.degraded(name)).toMatchObject({ reason: expect.stringMatching(NOTHING_BUT_PODS) });
      const before = await stage.versions(name);
      expect(Object.keys(before).length).toBeGreaterThan(8);
      await delay(2_000);
      expect(await stage.versions(name)).toEqual(before);
    },
    { withinMs: 60_000 },
  );
}

const replicasOf = async (kind: string, name: string): Promise<number> =>
  (await stage.get<Scaled>(kind, name)).spec.replicas;

const uidsOf = async (name: string): Promise<Readonly<Record<string, string | undefined>>> =>
  Object.fromEntries([...(await stage.ownedBy(name))].map(([id, { metadata }]) => [id, metadata.uid]));

async function jobs({ url }: OperatorProgram, name: string): Promise<string> {
  const response = await fetch(`${url}/namespaces/shop/opentelemetrycollectors/${name}/jobs`);
  return `${String(response.status)} ${await response.text()}`;
}

describe("an operator", () => {
  beforeAll(async () => {
    operator = await stage.startOperator("operator");
    await operator.ready();
    await stage.apply(collectorText());
    await settled("main");
  }, START_TIMEOUT_MS);

  it("goes on when the API server is killed and comes back without its history", async () => {
    const { pid } = operator.child;
    const [before, versions] = [await uidsOf("main"), await stage.versions("main")];
    await stage.plane.killApiServer();
    await eventually(() => expect(operator.log()).toContain('"msg":"the API server does not answer'));
    // Lost while nobody could see it; and what a watch would be resumed from is gone.
    await stage.plane.deleteFromEtcd("/registry/configmaps/shop/main-targetallocator");
    await stage.plane.deleteFromEtcd("/registry/serviceaccounts/shop/main-collector");
    await stage.plane.compactEtcd();
    expect(await jobs(operator, "main")).toMatch(/^200 .*"good"/);
    await stage.plane.startApiServer();
    await stage.kubectl(["patch", "otelcol", "main", "--type=merge", '--patch={"spec":{"replicas":2}}']);

    await eventually(
      async () => {
        expect(await replicasOf("statefulset", "main-collector")).toBe(2);
        expect(Object.keys(await uidsOf("main"))).toEqual(Object.keys(before));
        expect(await stage.degraded("main")).toMatchObject({ reason: expect.stringMatching(NOTHING_BUT_PODS) });
      },
      { withinMs: 90_000 },
    );
    const after = await uidsOf("main");
    const recreated = Object.keys(before).filter((id) => after[id] !== before[id]);
    expect(recreated.toSorted()).toEqual(["ConfigMap main-targetallocator", "ServiceAccount main-collector"]);
    const changed = Object.entries(await stage.versions("main")).filter(([id, version]) => versions[id] !== version);
    expect(changed.map(([id]) => id).toSorted()).toEqual(
      [...recreated, "OpenTelemetryCollector", "StatefulSet main-collector"].toSorted(),
    );
    expect(operator.log()).toContain('"msg":"the API server answers again"');
    expect(operator.child.pid).toBe(pid);
    await operator.ready();
  });

  it("takes back a field that another manager has taken by force, and leaves alone what is not its own", async () => {
    await settled("main");
    const before = await uidsOf("main");
    const name = "main-targetallocator";
    const rival = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, namespace: "shop", annotations: { rival: "was here" } },
      spec: { replicas: 5 },
    };
    const flags = ["--server-side", "--force-conflicts", "--field-manager=rival", "--validate=false"];
    await stage.kubectl(["apply", ...flags, "-f", "-"], stringify(rival));
    await eventually(async () => expect(await replicasOf("deployment", name)).toBe(1));
    const text = await stage.kubectl(["get", "deployment", name, "-o", "json", "--show-managed-fields"]);
    const { annotations, managedFields } = (JSON.parse(text) as Managed).metadata;
    expect(annotations).toMatchObject({ rival: "was here" });
    const owners = managedFields.filter(({ fieldsV1 }) => fieldsV1["f:spec"]?.["f:replicas"] !== undefined);
    expect(owners.map(({ manager }) => manager)).toContain("otel-allocator");
    expect(await uidsOf("main")).toEqual(before);
  });

  it("writes nothing at rest, and nothing after a restart", async () => {
    // Pods that never get ready would be news once more, after two minutes.
    await stage.kubectl(["patch", "otelcol", "main", "--type=merge", '--patch={"spec":{"replicas":0}}']);
    await eventually(async () => expect(await stage.degraded("main")).toMatchObject({ reason: "AsExpected" }));
    await settled("main");
    const before = await stage.versions("main");
    await delay(AT_REST_MS);
    expect(await stage.versions("main")).toEqual(before);
    await operator.child.stop();
    expect(await operator.child.exited).toBe(0);
    operator = await stage.startOperator("restarted");
    await operator.ready();
    await eventually(() => expect(operator.log()).toContain('"msg":"allocation ready"'));
    await delay(AT_REST_MS / 2);
    expect(await stage.versions("main")).toEqual(before);
  });

  it("leaves nothing behind when the resource is deleted", async () => {
    await stage.kubectl(["delete", "otelcol", "main"]);
    await eventually(
      async () => {
        expect([...(await stage.ownedBy("main")).keys()]).toEqual([]);
        const rest = await stage.kubectl(["get", "all", "-o", "name"]);
        expect(rest.trim()).toBe("");
      },
      { withinMs: 60_000 },
    );
    expect(await jobs(operator, "main")).toMatch(/^404 /);
    await operator.child.stop();
  });
});

/** When it began to lead, in milliseconds; undefined while it does not. */
function leadsSince(program: OperatorProgram | undefined): number | undefined {
  return timesOf(program, "leading").at(-1);
}

function timesOf(program: OperatorProgram | undefined, message: string): readonly number[] {
  const entries = [...(program?.log() ?? "").matchAll(/"ts":(\d+),.*"msg":"([^"]*)"/g)];
  return entries.filter(([, , text]) => text === message).map(([, time]) => Number(time));
}

function mustLead(program: OperatorProgram | undefined): void {
  if (leadsSince(program) === undefined) throw new Error("it does not lead");
}

const reconciles = (program: OperatorProgram | undefined): boolean =>
  /"msg":"controller started","controller":"opentelemetrycollector"/.test(program?.log() ?? "");

describe("two operators with leader election", () => {
  const FLAGS = ["--enable-leader-election", "--leader-election-namespace=shop", "--zap-time-encoding=millis"];
  let [leader, standby]: OperatorProgram[] = [];

  beforeAll(async () => {
    leader = await stage.startOperator("first", FLAGS);
    await eventually(() => mustLead(leader), { withinMs: 60_000 });
    standby = await stage.startOperator("second", FLAGS);
    await Promise.all([leader.ready(), standby.ready()]);
    await stage.apply(collectorText());
    await settled("main");
  }, START_TIMEOUT_MS);

  it("both serve every resource, and only the leader reconciles", async () => {
    for (const program of [leader, standby]) {
      if (program === undefined) throw new Error("not started");
      await eventually(async () => expect(await jobs(program, "main")).toMatch(/^200 .*"good"/));
    }
    expect([reconciles(leader), reconciles(standby)]).toEqual([true, false]);
    expect(leadsSince(standby)).toBeUndefined();
  });

  it("lose nothing when the leader is killed: the other takes over, with what was asked for meanwhile", async () => {
    await leader?.child.stop("SIGKILL");
    await stage.kubectl(["patch", "otelcol", "main", "--type=merge", '--patch={"spec":{"replicas":3}}']);
    await eventually(async () => expect(await replicasOf("statefulset", "main-collector")).toBe(3), {
      withinMs: 60_000,
    });
    expect(leadsSince(standby)).toBeDefined();
  });

  it("hand over at once when the leader is stopped in good order", async () => {
    const next = await stage.startOperator("third", FLAGS);
    await next.ready();
    expect(leadsSince(next)).toBeUndefined();
    await standby?.child.stop();
    expect(await standby?.child.exited).toBe(0);
    await eventually(() => expect(leadsSince(next)).toBeDefined());
    const [released = Number.NaN] = timesOf(standby, "lease released");
    const handOverMs = (leadsSince(next) ?? Number.NaN) - released;
    // The watch sees it at once, before the one that released it has its answer and says so; a try would take 2.4 s, and
    // the lease without the release 15 s. Machines may be busy.
    expect(Math.abs(handOverMs)).toBeLessThan(7_000);
    const lease = await stage.get<KubeObject & { spec: { leaseTransitions: number } }>("lease", OPERATOR_LEASE);
    expect(lease.spec.leaseTransitions).toBe(2);
    await stage.kubectl(["patch", "otelcol", "main", "--type=merge", '--patch={"spec":{"replicas":1}}']);
    await eventually(async () => expect(await replicasOf("statefulset", "main-collector")).toBe(1));
  });
});
