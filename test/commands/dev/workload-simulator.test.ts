import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { KubeObject } from "../../../src/api/meta.ts";
import { RESOURCES, type ResourceType } from "../../../src/api/resource-type.ts";
import type { Pod, Workload } from "../../../src/commands/dev/simulated-workloads.ts";
import { WorkloadSimulator } from "../../../src/commands/dev/workload-simulator.ts";
import { InMemoryCluster } from "../../../src/kube/in-memory/in-memory-cluster.ts";
import { settle } from "../../support/fake-clock.ts";

const NOW = Date.UTC(2026, 0, 1);

let cluster: InMemoryCluster;
let stop: AbortController;
let running: Promise<void>;

beforeEach(() => {
  cluster = new InMemoryCluster();
  stop = new AbortController();
  running = new WorkloadSimulator(cluster, { now: () => NOW }).run(stop.signal);
});

afterEach(async () => {
  stop.abort();
  await running;
});

function workload(kind: string, spec: Workload["spec"] = {}): Workload {
  const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "main" }] } };
  return { apiVersion: "apps/v1", kind, metadata: { name: "web", namespace: "default" }, spec: { template, ...spec } };
}

async function apply(type: ResourceType, object: KubeObject): Promise<void> {
  await cluster.client("test").apply(type, object);
  await settle();
}

async function list<T extends KubeObject>(type: ResourceType): Promise<readonly T[]> {
  const all = await cluster.client("test").list<T>(type);
  return all.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

const podNames = async (): Promise<string[]> => (await list<Pod>(RESOURCES.Pod)).map(({ metadata }) => metadata.name);

describe("WorkloadSimulator", () => {
  it("gives a cluster without nodes three", async () => {
    await settle();
    expect((await list(RESOURCES.Node)).map(({ metadata }) => metadata.name)).toEqual(["node-a", "node-b", "node-c"]);
  });

  it("starts the pods of a StatefulSet, on the nodes in turn, ready and with addresses of their own", async () => {
    await apply(RESOURCES.StatefulSet, workload("StatefulSet", { replicas: 3 }));
    const pods = await list<Pod>(RESOURCES.Pod);
    expect(pods.map(({ metadata, spec, status }) => [metadata.name, spec?.nodeName, status?.podIP])).toEqual([
      ["web-0", "node-a", "10.244.0.1"],
      ["web-1", "node-b", "10.244.0.2"],
      ["web-2", "node-c", "10.244.0.3"],
    ]);
    expect(pods[0]?.metadata.labels).toMatchObject({ app: "web", "apps.kubernetes.io/pod-index": "0" });
    expect(pods[0]?.status).toMatchObject({
      phase: "Running",
      conditions: expect.arrayContaining([
        { type: "Ready", status: "True", lastTransitionTime: "2026-01-01T00:00:00.000Z" },
      ]),
    });
    const [set] = await list<Workload>(RESOURCES.StatefulSet);
    expect(set?.status).toMatchObject({ replicas: 3, readyReplicas: 3, updatedReplicas: 3, observedGeneration: 1 });
  });

  it("follows a change of replicas and keeps the other pods as they are", async () => {
    await apply(RESOURCES.StatefulSet, workload("StatefulSet", { replicas: 3 }));
    const [first] = await list<Pod>(RESOURCES.Pod);
    await apply(RESOURCES.StatefulSet, workload("StatefulSet", { replicas: 1 }));
    expect(await podNames()).toEqual(["web-0"]);
    await apply(RESOURCES.StatefulSet, workload("StatefulSet", { replicas: 2 }));
    expect(await podNames()).toEqual(["web-0", "web-1"]);
    expect((await list<Pod>(RESOURCES.Pod))[0]).toEqual(first);
  });

  it("runs a Deployment through a ReplicaSet, and replaces its pods with its template", async () => {
    await apply(RESOURCES.Deployment, workload("Deployment", { replicas: 2 }));
    const before = await podNames();
    expect(before).toHaveLength(2);
    expect(before[0]).toMatch(/^web-[0-9a-f]{10}-[0-9a-f]{5}$/);
    const template = { metadata: { labels: { app: "web", version: "2" } } };
    await apply(RESOURCES.Deployment, workload("Deployment", { replicas: 1, template }));
    const after = await list<Pod>(RESOURCES.Pod);
    expect(after.map(({ metadata }) => metadata.labels)).toMatchObject([{ version: "2" }]);
    expect(await list(RESOURCES.ReplicaSet)).toHaveLength(1);
    const [deployment] = await list<Workload>(RESOURCES.Deployment);
    expect(deployment?.status).toMatchObject({ replicas: 1, readyReplicas: 1, observedGeneration: 2 });
  });

  it("runs a DaemonSet on every node, later ones too", async () => {
    await apply(RESOURCES.DaemonSet, workload("DaemonSet"));
    expect(await podNames()).toHaveLength(3);
    await apply(RESOURCES.Node, { apiVersion: "v1", kind: "Node", metadata: { name: "node-d" } });
    const pods = await list<Pod>(RESOURCES.Pod);
    const nodes = new Set(pods.map(({ spec }) => spec?.nodeName));
    expect(nodes).toEqual(new Set(["node-a", "node-b", "node-c", "node-d"]));
    expect((await list<Workload>(RESOURCES.DaemonSet))[0]?.status).toMatchObject({ numberReady: 4 });
  });

  it("replaces the pods of a StatefulSet whose template changes", async () => {
    await apply(RESOURCES.StatefulSet, workload("StatefulSet", { replicas: 1 }));
    const [before] = await list<Pod>(RESOURCES.Pod);
    const template = { metadata: { labels: { app: "other" } } };
    await apply(RESOURCES.StatefulSet, workload("StatefulSet", { replicas: 1, template }));
    const [after] = await list<Pod>(RESOURCES.Pod);
    expect(after?.metadata.labels?.["app"]).toBe("other");
    expect(after?.metadata.uid).not.toBe(before?.metadata.uid);
  });

  it("starts single pods and leaves those alone that say how they are", async () => {
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "single", namespace: "default" } };
    await apply(RESOURCES.Pod, pod);
    const failed: Pod = { ...pod, metadata: { ...pod.metadata, name: "known" }, status: { phase: "Failed" } };
    cluster.put(RESOURCES.Pod, failed);
    await settle();
    const [known, single] = await list<Pod>(RESOURCES.Pod);
    expect([known?.status?.phase, single?.status?.phase]).toEqual(["Failed", "Running"]);
  });

  it("removes the pods of a workload that goes", async () => {
    await apply(RESOURCES.Deployment, workload("Deployment", { replicas: 2 }));
    await cluster.client("test").delete(RESOURCES.Deployment, { namespace: "default", name: "web" });
    await settle();
    expect(await podNames()).toEqual([]);
  });
});
