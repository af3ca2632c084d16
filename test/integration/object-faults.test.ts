import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { KubeObject } from "../../src/api/meta.ts";
import { START_TIMEOUT_MS } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import { lifeConfig } from "../support/field-changes.ts";
import { MortalOperator } from "../support/mortal-operator.ts";
import { OperatorStage } from "../support/operator-stage.ts";

const STEP_TIMEOUT_MS = 120_000;
const WORKLOAD = "statefulset/main-collector";

let stage: OperatorStage;
let operator: MortalOperator | undefined;

beforeAll(async () => {
  stage = await OperatorStage.start({ controllerManager: true, scheduler: true, kwok: true });
  for (const object of [NODE, volume("one"), volume("two"), volume("three"), volume("four")])
    await stage.plane.kubectl(["create", "-f", "-"], JSON.stringify(object));
  operator = new MortalOperator(stage.plane.kubeconfigPath);
  await create("main", { mode: "statefulset", replicas: 2, volumeClaimTemplates: [claim("data", "1Gi")] });
  await untilReady("2");
}, 2 * START_TIMEOUT_MS);

afterAll(async () => {
  await operator?.kill();
  await stage.stop();
}, START_TIMEOUT_MS);

async function create(name: string, spec: Readonly<Record<string, unknown>>): Promise<void> {
  const metadata = { name, namespace: "shop" };
  const config = lifeConfig("shop");
  const object = { apiVersion: "opentelemetry.io/v1beta1", kind: "OpenTelemetryCollector", metadata };
  await stage.plane.kubectl(["create", "-f", "-"], JSON.stringify({ ...object, spec: { config, ...spec } }));
}

async function patch(name: string, spec: unknown): Promise<void> {
  await stage.kubectl(["patch", "otelcol", name, "--type=merge", `--patch=${JSON.stringify({ spec })}`]);
}

async function untilReady(count: string): Promise<void> {
  await eventually(
    async () => {
      const ready = await stage.kubectl(["get", WORKLOAD, "-o", "jsonpath={.status.readyReplicas}"]);
      if (ready !== count) throw new Error(`${ready} of ${count} are ready`);
    },
    { withinMs: 60_000 },
  );
}

/** UIDs by kind and name, of what these kinds have in the namespace. */
async function uidsOf(kinds: string): Promise<Readonly<Record<string, string | undefined>>> {
  const objects = await stage.list<KubeObject>(kinds);
  return Object.fromEntries(objects.map(({ kind, metadata }) => [`${kind} ${metadata.name}`, metadata.uid]));
}

async function uidOfWorkload(): Promise<string> {
  return stage.kubectl(["get", WORKLOAD, "-o", "jsonpath={.metadata.uid}"]);
}

/** Changes the collector, and waits until its StatefulSet is another one that is ready. */
async function untilMadeAnew(spec: unknown): Promise<void> {
  const before = await uidOfWorkload();
  await patch("main", spec);
  await eventually(async () => expect(await uidOfWorkload()).not.toBe(before), { withinMs: 60_000 });
  await untilReady("2");
}

async function notesOf(name: string, reason: string): Promise<readonly (string | undefined)[]> {
  return (await stage.eventsOf(name)).filter((event) => event.reason === reason).map(({ note }) => note);
}

describe("a field that cannot be changed", () => {
  it(
    "makes the StatefulSet anew and keeps its pods and claims, when another Service names them",
    async () => {
      const [pods, claims] = [await uidsOf("pods"), await uidsOf("persistentvolumeclaims")];
      await untilMadeAnew({ serviceName: "other" });
      expect(await uidsOf("pods")).toEqual(pods);
      expect(await uidsOf("persistentvolumeclaims")).toEqual(claims);
      await eventually(async () =>
        expect(await notesOf("main", "Recreated")).toEqual([
          expect.stringMatching(/^StatefulSet main-collector is made anew: spec.serviceName cannot.*pods run on/),
        ]),
      );
    },
    STEP_TIMEOUT_MS,
  );

  it(
    "keeps pods and claims when new claims are to be larger",
    async () => {
      const [pods, claims] = [await uidsOf("pods"), await uidsOf("persistentvolumeclaims")];
      await untilMadeAnew({ volumeClaimTemplates: [claim("data", "2Gi")] });
      expect(await uidsOf("pods")).toEqual(pods);
      expect(await uidsOf("persistentvolumeclaims")).toEqual(claims);
    },
    STEP_TIMEOUT_MS,
  );

  it(
    "replaces pods that lack a claim, and keeps the claims that there are",
    async () => {
      const [pods, claims] = [await uidsOf("pods"), await uidsOf("persistentvolumeclaims")];
      await untilMadeAnew({ volumeClaimTemplates: [claim("data", "2Gi"), claim("more", "1Gi")] });
      await eventually(async () => {
        const now = Object.values(await uidsOf("pods"));
        expect(now).toHaveLength(2);
        expect(now.filter((uid) => Object.values(pods).includes(uid))).toEqual([]);
      });
      expect(await uidsOf("persistentvolumeclaims")).toMatchObject(claims);
    },
    STEP_TIMEOUT_MS,
  );
});

describe("an API server that refuses", () => {
  it(
    "for a quota: the reason is told, the rest is made, and the object when there is room again",
    async () => {
      const quota = { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "tight", namespace: "shop" } };
      const spec = { hard: { "count/deployments.apps": "0" } };
      await stage.plane.kubectl(["create", "-f", "-"], JSON.stringify({ ...quota, spec }));
      await eventually(async () =>
        expect(await stage.kubectl(["get", "quota", "tight", "-o", "jsonpath={.status.hard}"])).toContain(
          "deployments",
        ),
      );
      await create("limited", { mode: "deployment" });
      await eventually(async () =>
        expect(await stage.degraded("limited")).toMatchObject({
          status: "True",
          reason: "ApplyFailed",
          message: expect.stringMatching(/^applying Deployment shop\/limited-collector: .*exceeded quota: tight/),
        }),
      );
      expect(Object.keys(await uidsOf("serviceaccounts"))).toContain("ServiceAccount limited-collector");
      await stage.kubectl(["delete", "quota", "tight"]);
      await eventually(async () => expect((await stage.degraded("limited"))?.status).toBe("False"), {
        withinMs: 90_000,
      });
      await eventually(async () => expect(await notesOf("limited", "Recovered")).toEqual(["ApplyFailed is over"]));
    },
    STEP_TIMEOUT_MS,
  );
});

const NODE = {
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "node-0", annotations: { "kwok.x-k8s.io/node": "fake" }, labels: {} },
};

function claim(name: string, storage: string): unknown {
  const spec = { accessModes: ["ReadWriteOnce"], storageClassName: "", resources: { requests: { storage } } };
  return { metadata: { name }, spec };
}

function volume(name: string): unknown {
  const spec = {
    capacity: { storage: "10Gi" },
    accessModes: ["ReadWriteOnce"],
    persistentVolumeReclaimPolicy: "Retain",
    hostPath: { path: "/nowhere" },
  };
  return { apiVersion: "v1", kind: "PersistentVolume", metadata: { name }, spec };
}
