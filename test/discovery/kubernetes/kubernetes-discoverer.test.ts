import { afterEach, describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";

import type { DataObject } from "../../../src/allocator/index.ts";
import type { KubeObject } from "../../../src/api/meta.ts";
import { RESOURCES } from "../../../src/api/resource-type.ts";
import { KubernetesDiscoverer } from "../../../src/discovery/kubernetes/kubernetes-discoverer.ts";
import { createKubernetesObserver } from "../../../src/discovery/kubernetes/kubernetes-observer.ts";
import type { Endpoints, EndpointSlice, Pod } from "../../../src/discovery/kubernetes/objects.ts";
import { type KubernetesRole, readKubernetesSettings } from "../../../src/discovery/kubernetes/settings.ts";
import { ForbiddenError, KubeError, NotFoundError } from "../../../src/kube/errors.ts";
import { PromClientMetrics } from "../../../src/observability/prom-client-metrics.ts";
import {
  endpoints,
  ingress,
  namespace,
  node,
  ownedBy,
  owner,
  ready,
  runningPod,
  service,
  slice,
} from "../../support/cluster-objects.ts";
import { FakeCluster } from "../../support/fake-cluster.ts";
import { settle } from "../../support/fake-clock.ts";
import { type PlainGroup, toPlain } from "../../support/label-groups.ts";
import { RecordingSink } from "../../support/recording-sink.ts";

const M = "__meta_kubernetes_";
const running: { readonly stop: AbortController; readonly done: Promise<void>; readonly cluster: FakeCluster }[] = [];

afterEach(async () => {
  const ended = running.splice(0);
  for (const { stop } of ended) stop.abort();
  await Promise.all(ended.map(({ done }) => done));
  for (const { cluster } of ended) {
    if (cluster.uses > 0) throw new Error(`${cluster.uses} uses of informers are not released`);
  }
});

function start(cluster: FakeCluster, settings: DataObject, ownNamespace?: string): RecordingSink {
  const sink = new RecordingSink();
  const stop = new AbortController();
  const discoverer = new KubernetesDiscoverer({
    settings: readKubernetesSettings(settings),
    clusterFor: () => cluster,
    ownNamespace,
  });
  running.push({ stop, cluster, done: discoverer.run(sink, stop.signal) });
  return sink;
}

/** Until everything that was notified is delivered. */
async function delivered(): Promise<void> {
  for (let turn = 0; turn < 6; turn += 1) await settle();
}

async function started(...args: Parameters<typeof start>): Promise<RecordingSink> {
  const sink = start(...args);
  await delivered();
  return sink;
}

/** The object with one label more. */
function labelled<T extends KubeObject>(object: T): T {
  const labels = { ...object.metadata.labels, changed: "yes" };
  return { ...object, metadata: { ...object.metadata, labels } };
}

/** What the sink knows, in an order that does not depend on arrival. */
function known({ groups }: RecordingSink): readonly PlainGroup[] {
  return [...groups.values()].map(toPlain).toSorted((a, b) => (a.source < b.source ? -1 : 1));
}

const http = { name: "http", port: 8080, protocol: "TCP" };
const podRef = (name: string) => ({ kind: "Pod", name, namespace: "shop" });
const webSlice = (given: Partial<EndpointSlice> = {}): EndpointSlice =>
  slice("web-1", {
    ports: [http],
    endpoints: [{ addresses: ["10.1.0.1"], nodeName: "node-1", targetRef: podRef("web-0") }],
    ...given,
  });
const webEndpoints = (given: Partial<Endpoints> = {}): Endpoints =>
  endpoints("web", {
    subsets: [{ ports: [http], addresses: [{ ip: "10.1.0.1", nodeName: "node-1", targetRef: podRef("web-0") }] }],
    ...given,
  });
const forbidden = (what: string): Error =>
  new ForbiddenError(`listing ${what}: forbidden`, { status: 403, reason: "Forbidden" });

describe("the first update", () => {
  it("carries everything that was there, one group for each object", async () => {
    const cluster = new FakeCluster([runningPod("web-0"), runningPod("web-1", { ip: "10.1.0.2" })]);
    const sink = await started(cluster, { role: "pod" });
    expect(sink.sources).toEqual([["pod/shop/web-0", "pod/shop/web-1"]]);
  });

  it("comes also when there is nothing", async () => {
    expect((await started(new FakeCluster(), { role: "service" })).sources).toEqual([[]]);
  });

  it("carries more objects than are built in one turn at once", async () => {
    const pods = Array.from({ length: 1_000 }, (_, i) => runningPod(`web-${i}`, { ip: `10.1.${i >> 8}.${i & 255}` }));
    const sink = await started(new FakeCluster(pods), { role: "pod" });
    expect(sink.updates.map((groups) => groups.length)).toEqual([1_000]);
  });

  it.each<{ role: KubernetesRole; attach: DataObject; gates: string[] }>([
    { role: "pod", attach: {}, gates: ["Pod"] },
    {
      role: "pod",
      attach: { node: true, namespace: true, deployment: true, cronjob: true },
      gates: ["Pod", "Node", "Namespace", "ReplicaSet", "Job"],
    },
    { role: "node", attach: { node: true, namespace: true }, gates: ["Node"] },
    { role: "service", attach: { namespace: true }, gates: ["Service", "Namespace"] },
    { role: "ingress", attach: { namespace: true, node: true }, gates: ["Ingress", "Namespace"] },
    { role: "endpoints", attach: {}, gates: ["Endpoints", "Service", "Pod"] },
    {
      role: "endpointslice",
      attach: { node: true, namespace: true, deployment: true },
      gates: ["EndpointSlice", "Service", "Pod", "Node", "Namespace", "ReplicaSet"],
    },
  ])("waits for each of $gates in role $role, and nothing else is watched", async ({ role, attach, gates }) => {
    for (const held of gates) {
      const cluster = new FakeCluster();
      cluster.hold(held);
      const sink = await started(cluster, { role, attach_metadata: attach });
      expect(cluster.scopes.map(({ type }) => type.kind).toSorted()).toEqual(gates.toSorted());
      expect(sink.updates).toEqual([]);
      cluster.release(held);
      await delivered();
      expect(sink.updates).toHaveLength(1);
    }
  });
});

describe("what is watched", () => {
  it("is restricted by the selectors of each role", async () => {
    const cluster = new FakeCluster();
    await started(cluster, {
      role: "endpointslice",
      selectors: [
        { role: "endpointslice", label: "tier=front", field: "metadata.name=web-1" },
        { role: "pod", label: "app=web", field: "" },
      ],
      attach_metadata: { namespace: true },
    });
    const discovery = { shape: "discovery" };
    expect(cluster.scopes).toEqual([
      { ...discovery, type: RESOURCES.Service },
      { ...discovery, type: RESOURCES.Pod, labelSelector: "app=web" },
      { ...discovery, type: RESOURCES.Namespace },
      {
        ...discovery,
        type: RESOURCES.EndpointSlice,
        labelSelector: "tier=front",
        fieldSelector: "metadata.name=web-1",
      },
    ]);
  });

  it.each<{ name: string; settings: DataObject; own?: string; want: (string | undefined)[] }>([
    { name: "all namespaces when none is listed", settings: {}, want: [undefined] },
    { name: "all namespaces when one without a name is listed", settings: { names: ["a", ""] }, want: [undefined] },
    { name: "each listed one once", settings: { names: ["a", "b", "a"] }, want: ["a", "b"] },
    { name: "the own one only", settings: { own_namespace: true }, own: "mine", want: ["mine"] },
    {
      name: "the listed and the own one",
      settings: { names: ["a"], own_namespace: true },
      own: "mine",
      want: ["a", "mine"],
    },
  ])("is $name", async ({ settings, own, want }) => {
    const cluster = new FakeCluster();
    await started(cluster, { role: "pod", namespaces: settings }, own);
    expect(cluster.scopes.map((scope) => scope.namespace)).toEqual(want);
  });

  it("is the whole cluster for nodes and namespaces, whatever namespaces are listed", async () => {
    const cluster = new FakeCluster();
    await started(cluster, {
      role: "pod",
      namespaces: { names: ["a"] },
      attach_metadata: { node: true, namespace: true },
    });
    const kinds = cluster.scopes.map(({ type, namespace: name }) => [type.kind, name]);
    expect(kinds).toEqual([
      ["Node", undefined],
      ["Namespace", undefined],
      ["Pod", "a"],
    ]);
    const nodes = new FakeCluster();
    await started(nodes, { role: "node", namespaces: { names: ["a"] } });
    expect(nodes.scopes.map((scope) => scope.namespace)).toEqual([undefined]);
  });

  it("cannot be the own namespace outside of a pod; it says what to do", async () => {
    const sink = start(new FakeCluster(), { role: "pod", namespaces: { own_namespace: true } });
    await expect(running.pop()?.done).rejects.toThrow("list the namespace in namespaces.names");
    expect(sink.updates).toEqual([]);
  });
});

describe("changes", () => {
  it("of an object arrive group by group, joined within a turn", async () => {
    const cluster = new FakeCluster();
    const sink = await started(cluster, { role: "pod" });
    cluster.put(runningPod("web-0"));
    cluster.put(runningPod("web-0", { ip: "10.1.0.9" }));
    cluster.put(runningPod("web-1"));
    await delivered();
    expect(sink.sources.slice(1)).toEqual([["pod/shop/web-0", "pod/shop/web-1"]]);
    expect(sink.groups.get("pod/shop/web-0")?.targets[0]?.values).toContain("10.1.0.9:8080");
  });

  it("end a group whose object is deleted", async () => {
    const cluster = new FakeCluster([runningPod("web-0")]);
    const sink = await started(cluster, { role: "pod" });
    cluster.delete(runningPod("web-0"));
    await delivered();
    expect(sink.updates.at(-1)?.map(toPlain)).toEqual([{ source: "pod/shop/web-0", labels: {}, targets: [] }]);
  });

  it("keep what is known of a node that has lost its addresses for a moment", async () => {
    const addresses = [{ type: "InternalIP", address: "10.0.0.1" }];
    const cluster = new FakeCluster([node("node-1", { status: { addresses } })]);
    const sink = await started(cluster, { role: "node" });
    cluster.put(node("node-1"));
    await delivered();
    expect([...sink.groups.keys()]).toEqual(["node/node-1"]);
    cluster.delete(node("node-1"));
    await delivered();
    expect(sink.groups.size).toBe(0);
  });

  const owned = runningPod("web-0", { metadata: ownedBy({ kind: "ReplicaSet", name: "web-abc" }) });
  const ofJob = runningPod("web-0", { metadata: ownedBy({ kind: "Job", name: "backup-1" }) });
  it.each<{
    name: string;
    role: KubernetesRole;
    attach?: DataObject;
    objects: KubeObject[];
    change: KubeObject;
    label: string;
  }>([
    {
      name: "a node reaches its pods",
      role: "pod",
      attach: { node: true },
      objects: [owned, node("node-1")],
      change: labelled(node("node-1")),
      label: "node_label_changed",
    },
    {
      name: "a new node shows its pods",
      role: "pod",
      attach: { node: true },
      objects: [owned],
      change: labelled(node("node-1")),
      label: "node_label_changed",
    },
    {
      name: "a namespace reaches its pods",
      role: "pod",
      attach: { namespace: true },
      objects: [owned, namespace("shop")],
      change: labelled(namespace("shop")),
      label: "namespace_label_changed",
    },
    {
      name: "a namespace reaches its services",
      role: "service",
      attach: { namespace: true },
      objects: [service("web", { spec: { ports: [{ port: 80 }] } }), namespace("shop")],
      change: labelled(namespace("shop")),
      label: "namespace_label_changed",
    },
    {
      name: "a namespace reaches its ingresses",
      role: "ingress",
      attach: { namespace: true },
      objects: [ingress("web", { spec: { rules: [{ host: "a" }] } }), namespace("shop")],
      change: labelled(namespace("shop")),
      label: "namespace_label_changed",
    },
    {
      name: "a namespace reaches its slices",
      role: "endpointslice",
      attach: { namespace: true },
      objects: [webSlice(), namespace("shop")],
      change: labelled(namespace("shop")),
      label: "namespace_label_changed",
    },
    {
      name: "a namespace reaches its endpoints",
      role: "endpoints",
      attach: { namespace: true },
      objects: [webEndpoints(), namespace("shop")],
      change: labelled(namespace("shop")),
      label: "namespace_label_changed",
    },
    {
      name: "a ReplicaSet reaches its pods",
      role: "pod",
      attach: { deployment: true },
      objects: [owned],
      change: owner("ReplicaSet", "web-abc", { kind: "Deployment", name: "web" }),
      label: "pod_deployment_name",
    },
    {
      name: "a Job reaches its pods",
      role: "pod",
      attach: { cronjob: true },
      objects: [ofJob],
      change: owner("Job", "backup-1", { kind: "CronJob", name: "backup" }),
      label: "pod_cronjob_name",
    },
    {
      name: "a service reaches its slices",
      role: "endpointslice",
      objects: [webSlice()],
      change: labelled(service("web")),
      label: "service_label_changed",
    },
    {
      name: "a service reaches its endpoints",
      role: "endpoints",
      objects: [webEndpoints()],
      change: labelled(service("web")),
      label: "service_label_changed",
    },
    {
      name: "a node reaches slices by node name",
      role: "endpointslice",
      attach: { node: true },
      objects: [webSlice(), node("node-1")],
      change: labelled(node("node-1")),
      label: "node_label_changed",
    },
    {
      name: "a node reaches endpoints by node name",
      role: "endpoints",
      attach: { node: true },
      objects: [webEndpoints(), node("node-1")],
      change: labelled(node("node-1")),
      label: "node_label_changed",
    },
    {
      name: "a pod that comes later reaches its slices",
      role: "endpointslice",
      objects: [webSlice()],
      change: labelled(runningPod("web-0")),
      label: "pod_label_changed",
    },
    {
      name: "a pod that comes later reaches its endpoints",
      role: "endpoints",
      objects: [webEndpoints()],
      change: labelled(runningPod("web-0")),
      label: "pod_label_changed",
    },
    {
      name: "a ReplicaSet reaches the slices of its pods",
      role: "endpointslice",
      attach: { deployment: true },
      objects: [webSlice(), owned],
      change: owner("ReplicaSet", "web-abc", { kind: "Deployment", name: "web" }),
      label: "pod_deployment_name",
    },
  ])("$name", async ({ role, attach = {}, objects, change, label }) => {
    const cluster = new FakeCluster(objects);
    const sink = await started(cluster, { role, attach_metadata: attach });
    const has = (): boolean =>
      [...sink.groups.values()]
        .map(toPlain)
        .some(({ labels, targets }) => [labels, ...targets].some((set) => M + label in set));
    expect(has()).toBe(false);
    cluster.put(change);
    await delivered();
    expect(has()).toBe(true);
    cluster.delete(change);
    await delivered();
    expect(has()).toBe(false);
  });

  it("of a pod's phase, readiness or labels reach the endpoints behind it; of anything else do not", async () => {
    const cluster = new FakeCluster([webEndpoints(), runningPod("web-0")]);
    const sink = await started(cluster, { role: "endpoints" });
    const status = {
      ...runningPod("web-0").status,
      startTime: "2026-01-01T00:00:09Z",
      conditions: [ready("True", "2026-02-02T00:00:00Z")],
    };
    cluster.put(runningPod("web-0", { status }));
    await delivered();
    expect(sink.updates).toHaveLength(1);
    cluster.put(runningPod("web-0", { status: { ...status, conditions: [ready("False")] } }));
    await delivered();
    expect(sink.updates).toHaveLength(2);
    expect(sink.groups.get("endpoints/shop/web")?.targets.map((target) => target.values)).toEqual([
      expect.arrayContaining(["false"]),
    ]);
  });
});

describe("failures", () => {
  it("are reported with what was tried and what to do, cleared on recovery, and leave known groups alone", async () => {
    const cluster = new FakeCluster([runningPod("web-0")]);
    const sink = await started(cluster, { role: "pod" });
    cluster.fail("Pod", forbidden("pods"));
    await delivered();
    expect(sink.failing).toBe("listing pods: forbidden (give the service account the verbs get, list and watch on it)");
    expect(sink.groups.size).toBe(1);
    for (const name of ["web-1", "web-2"]) {
      cluster.put(runningPod(name));
      await delivered();
    }
    cluster.delete(runningPod("web-2"));
    await delivered();
    expect(sink.groups.size).toBe(2);
    expect(sink.failures.map(({ message }) => message)).toEqual(Array(4).fill(sink.failing));
    expect(sink.failing).toContain("listing pods");
    cluster.fail("Pod", undefined);
    await delivered();
    expect(sink.failing).toBeUndefined();
    expect(sink.groups.size).toBe(2);
  });

  it("before the first list are reported without an update, be it a refusal or a lost connection", async () => {
    for (const error of [forbidden("pods"), new KubeError("no answer", { status: 0, reason: "" })]) {
      const cluster = new FakeCluster([runningPod("web-0")]);
      cluster.hold("Pod");
      const sink = await started(cluster, { role: "pod" });
      cluster.fail("Pod", error);
      await delivered();
      expect(sink.failing).toContain(error.message);
      expect(sink.updates).toEqual([]);
      cluster.fail("Pod", undefined);
      cluster.release("Pod");
      await delivered();
      expect(sink.failing).toBeUndefined();
      expect(sink.groups.size).toBe(1);
    }
  });

  it.each<{ name: string; error: Error; want: number }>([
    { name: "is not waited for when the API server refuses it", error: forbidden("pods in namespace b"), want: 1 },
    {
      name: "is not waited for when the API server does not serve the kind",
      error: new NotFoundError("listing pods: not found", { status: 404, reason: "NotFound" }),
      want: 1,
    },
    {
      name: "is waited for when nothing answers: its targets are unknown, not gone",
      error: new KubeError("listing pods: no answer", { status: 0, reason: "" }),
      want: 0,
    },
  ])("of one namespace among several: it $name", async ({ error, want }) => {
    const cluster = new FakeCluster([runningPod("web-0"), runningPod("db-0", { metadata: { namespace: "b" } })]);
    cluster.hold("Pod");
    const sink = await started(cluster, { role: "pod", namespaces: { names: ["shop", "b"] } });
    cluster.fail("Pod", error, "b");
    for (const scope of cluster.scopes) if (scope.namespace === "shop") cluster.watch(scope)?.sync();
    await delivered();
    expect(sink.updates).toHaveLength(want);
    expect(sink.failing).toContain(error.message);
    cluster.fail("Pod", undefined, "b");
    cluster.release("Pod");
    await delivered();
    expect([...sink.groups.keys()].toSorted()).toEqual(["pod/b/db-0", "pod/shop/web-0"]);
    expect(sink.failing).toBeUndefined();
  });

  it("of ReplicaSets alone do not keep endpoints from being discovered", async () => {
    const cluster = new FakeCluster([webSlice()]);
    cluster.hold("ReplicaSet");
    const sink = await started(cluster, { role: "endpointslice", attach_metadata: { deployment: true } });
    expect(sink.updates).toEqual([]);
    cluster.fail("ReplicaSet", forbidden("replicasets"));
    await delivered();
    expect(sink.groups.size).toBe(1);
    expect(sink.failing).toContain("listing replicasets");
    cluster.fail("ReplicaSet", new KubeError("listing replicasets: no answer", { status: 0, reason: "" }));
    cluster.put(slice("web-2", { ports: [http], endpoints: [{ addresses: ["10.1.0.2"] }] }));
    await delivered();
    expect(sink.groups.size).toBe(2);
  });

  it("of one malformed object name it and spare the others", async () => {
    const broken = { ...runningPod("bad"), spec: { containers: 7 } } as unknown as Pod;
    const cluster = new FakeCluster([broken, runningPod("web-0")]);
    const sink = await started(cluster, { role: "pod" });
    expect([...sink.groups.keys()]).toEqual(["pod/shop/web-0"]);
    expect(sink.failing).toBe("making targets of pod/shop/bad: the object is malformed");
    cluster.put(runningPod("bad"));
    await delivered();
    expect(sink.failing).toBeUndefined();
    expect(sink.groups.size).toBe(2);
  });

  it("to reach the other cluster reject the run", async () => {
    const settings = readKubernetesSettings({ role: "pod", kubeconfig_file: "/missing" });
    const error = new Error("reading /missing: no such file");
    const discoverer = new KubernetesDiscoverer({
      settings,
      clusterFor: async () => Promise.reject(error),
      ownNamespace: undefined,
    });
    await expect(discoverer.run(new RecordingSink(), new AbortController().signal)).rejects.toThrow("no such file");
  });
});

describe("in whatever order events arrive", () => {
  const versions: readonly KubeObject[] = [
    runningPod("web-0", { metadata: ownedBy({ kind: "ReplicaSet", name: "web-abc" }) }),
    runningPod("web-0", { metadata: { labels: { v: "2" } }, ip: "10.1.0.7" }),
    runningPod("web-1", { nodeName: "node-2" }),
    node("node-1", {
      metadata: { labels: { zone: "a" } },
      status: { addresses: [{ type: "InternalIP", address: "10.0.0.1" }] },
    }),
    node("node-1", {
      metadata: { labels: { zone: "b" } },
      status: { addresses: [{ type: "InternalIP", address: "10.0.0.1" }] },
    }),
    node("node-2", { status: { addresses: [{ type: "Hostname", address: "node-2" }] } }),
    namespace("shop", { metadata: { labels: { team: "one" } } }),
    namespace("shop", { metadata: { labels: { team: "two" } } }),
    owner("ReplicaSet", "web-abc", { kind: "Deployment", name: "web" }),
    owner("ReplicaSet", "web-abc"),
    service("web", { metadata: { labels: { app: "web" } }, spec: { ports: [{ port: 80 }] } }),
    service("web", { spec: { ipFamilyPolicy: "PreferDualStack", ipFamilies: ["IPv6"] } }),
    webSlice(),
    webSlice({ endpoints: [{ addresses: ["10.1.0.1"], targetRef: podRef("web-1") }] }),
    webEndpoints(),
    webEndpoints({ subsets: [{ ports: [http], notReadyAddresses: [{ ip: "10.1.0.1", targetRef: podRef("web-1") }] }] }),
    ingress("web", { spec: { rules: [{ host: "a.example.com" }] } }),
  ];
  const step = fc.record({ object: fc.constantFrom(...versions), deleted: fc.boolean(), pause: fc.boolean() });
  const attach = { node: true, namespace: true, deployment: true };

  it.each<KubernetesRole>(["pod", "node", "service", "ingress", "endpoints", "endpointslice"])(
    "role %s ends where a start from scratch does",
    async (role) => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
          const cluster = new FakeCluster();
          const sink = await started(cluster, { role, attach_metadata: attach });
          for (const { object, deleted, pause } of steps) {
            if (deleted) cluster.delete(object);
            else cluster.put(object);
            if (pause) await delivered();
          }
          await delivered();
          const fresh = await started(cluster, { role, attach_metadata: attach });
          expect(known(sink)).toEqual(known(fresh));
        }),
        { numRuns: 40 },
      );
    },
  );
});

describe("what is counted", () => {
  it("are changes of the role's own objects and of those that it reads beside them, and failures that begin", async () => {
    const machine: KubeObject = { apiVersion: "v1", kind: "Node", metadata: { name: "n1" } };
    const pod = runningPod("web", { spec: { nodeName: "n1" } });
    const cluster = new FakeCluster([machine, pod]);
    const metrics = new PromClientMetrics();
    const stop = new AbortController();
    const discoverer = new KubernetesDiscoverer({
      settings: readKubernetesSettings({ role: "pod", attach_metadata: { node: true } }),
      clusterFor: () => cluster,
      ownNamespace: undefined,
      observer: createKubernetesObserver(metrics),
    });
    running.push({ stop, cluster, done: discoverer.run(new RecordingSink(), stop.signal) });
    await delivered();
    cluster.put(labelled(pod));
    cluster.put(labelled(machine));
    cluster.delete(pod);
    cluster.fail("Pod", new Error("no answer"));
    cluster.fail("Pod", undefined);
    const counted = (await metrics.text()).split("\n").filter((line) => / [1-9]\d*$/.test(line));
    expect(counted).toEqual([
      'prometheus_sd_kubernetes_events_total{role="pod",event="add"} 1',
      'prometheus_sd_kubernetes_events_total{role="pod",event="update"} 1',
      'prometheus_sd_kubernetes_events_total{role="pod",event="delete"} 1',
      'prometheus_sd_kubernetes_events_total{role="node",event="add"} 1',
      'prometheus_sd_kubernetes_events_total{role="node",event="update"} 1',
      "prometheus_sd_kubernetes_failures_total 1",
    ]);
  });
});
