import type { KubeObject } from "../../api/meta.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import type { InMemoryCluster, PlacedObject } from "../../kube/in-memory/in-memory-cluster.ts";
import type { Clock } from "../../observability/clock.ts";
import { followChanges } from "./follow-changes.ts";
import {
  type Pod,
  podsOf,
  replicaSetOf,
  sameRevision,
  startedPod,
  statusOf,
  type Workload,
} from "./simulated-workloads.ts";

/** Nodes of a cluster whose manifests bring none. */
const NODES = ["node-a", "node-b", "node-c"];

const SIMULATED = new Set(["Node", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod"]);

/** One step towards a cluster in which every workload has its pods. */
interface SimulationStep {
  readonly put: readonly PlacedObject[];
  readonly remove: readonly PlacedObject[];
}

/**
 * Stands in for kube-controller-manager, scheduler and kubelets: every workload gets its pods, and every pod a node, an
 * address and readiness, at once. Nothing runs in them.
 */
export class WorkloadSimulator {
  readonly #cluster: InMemoryCluster;
  readonly #clock: Pick<Clock, "now">;

  constructor(cluster: InMemoryCluster, clock: Pick<Clock, "now">) {
    this.#cluster = cluster;
    this.#clock = clock;
  }

  /** Keeps the cluster in step with its workloads until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const subscribe = (changed: () => void): (() => void) =>
      this.#cluster.onChange(({ type }) => {
        if (SIMULATED.has(type.kind)) changed();
      });
    await followChanges({ subscribe, work: async () => this.settle() }, signal);
  }

  /** Takes steps until the cluster is in step with its workloads. */
  async settle(): Promise<void> {
    const client = this.#cluster.client("workload-simulator");
    for (;;) {
      const step = nextStep([...this.#cluster.objects()], new Date(this.#clock.now()).toISOString());
      if (step.put.length + step.remove.length === 0) return;
      for (const { type, object } of step.put) this.#cluster.put(type, object);
      for (const { type, object } of step.remove) {
        const { name, namespace = "" } = object.metadata;
        await client.delete(type, { namespace, name });
      }
    }
  }
}

/** The objects that the simulation reads. */
interface World {
  readonly nodes: readonly KubeObject[];
  readonly pods: readonly Pod[];
  readonly deployments: readonly Workload[];
  readonly replicaSets: readonly Workload[];
  /** Those whose pods are theirs directly. */
  readonly podOwners: readonly Workload[];
}

/** What is still to be done; nothing when the cluster is in step. Pure, and repeated until nothing is left. */
function nextStep(objects: readonly PlacedObject[], now: string): SimulationStep {
  const world = worldOf(objects);
  // A later step may look at what an earlier one changes.
  for (const steps of [stepOfNodes, stepOfDeployments, stepOfPods, stepOfKubelets, stepOfStatus]) {
    const step = steps(world, now);
    if (step.put.length + step.remove.length > 0) return step;
  }
  return { put: [], remove: [] };
}

function worldOf(objects: readonly PlacedObject[]): World {
  const ofKind = (...kinds: readonly string[]): readonly KubeObject[] =>
    objects.filter(({ type }) => kinds.includes(type.kind)).map(({ object }) => object);
  return {
    nodes: ofKind("Node"),
    pods: ofKind("Pod"),
    deployments: ofKind("Deployment"),
    replicaSets: ofKind("ReplicaSet"),
    podOwners: ofKind("StatefulSet", "DaemonSet", "ReplicaSet"),
  };
}

function stepOfNodes({ nodes }: World): SimulationStep {
  return { put: nodes.length > 0 ? [] : NODES.map((name) => placed(newNode(name))), remove: [] };
}

function stepOfDeployments({ deployments, replicaSets }: World): SimulationStep {
  const put: PlacedObject[] = [];
  const remove: PlacedObject[] = [];
  for (const deployment of deployments) {
    const wanted = replicaSetOf(deployment);
    const owned = replicaSets.filter((candidate) => isOwnedBy(candidate, deployment));
    const current = owned.find(({ metadata }) => metadata.name === wanted.metadata.name);
    if (current === undefined) put.push(placed(wanted));
    else if (current.spec?.replicas !== wanted.spec?.replicas)
      put.push(placed({ ...current, spec: wanted.spec ?? {} }));
    remove.push(...owned.filter((one) => one !== current).map(placed));
  }
  return { put, remove };
}

function stepOfPods({ podOwners, pods, nodes }: World): SimulationStep {
  const put: PlacedObject[] = [];
  const remove: PlacedObject[] = [];
  const nodeNames = nodes.map(({ metadata }) => metadata.name);
  for (const workload of podOwners) {
    const missing = new Map(podsOf(workload, nodeNames).map((pod) => [pod.metadata.name, pod]));
    for (const pod of pods.filter((candidate) => isOwnedBy(candidate, workload))) {
      const same = missing.get(pod.metadata.name);
      if (same === undefined || !sameRevision(pod, same)) remove.push(placed(pod));
      missing.delete(pod.metadata.name);
    }
    put.push(...[...missing.values()].map(placed));
  }
  return { put, remove };
}

/** Starts every pod that nobody has started; addresses are the lowest free ones of 10.244.0.0/16. */
function stepOfKubelets({ pods, nodes }: World, now: string): SimulationStep {
  const nodeNames = nodes.map(({ metadata }) => metadata.name).toSorted();
  const taken = new Set(pods.map(({ status }) => status?.podIP));
  let next = 1;
  const freeAddress = (): string => {
    while (taken.has(addressOf(next))) next += 1;
    taken.add(addressOf(next));
    return addressOf(next);
  };
  const put = pods
    .filter(({ status, metadata }) => status?.phase === undefined && metadata.deletionTimestamp === undefined)
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    .map((pod, i) => {
      const node = pod.spec?.nodeName ?? nodeNames[i % nodeNames.length] ?? "";
      return placed(startedPod(pod, node, freeAddress(), now));
    });
  return { put, remove: [] };
}

function stepOfStatus({ pods, podOwners, deployments, replicaSets }: World): SimulationStep {
  const countOf = (owner: Workload): number => pods.filter((pod) => isOwnedBy(pod, owner)).length;
  const counts = new Map(podOwners.map((owner) => [owner, countOf(owner)]));
  for (const deployment of deployments) {
    const owned = replicaSets.filter((one) => isOwnedBy(one, deployment));
    counts.set(
      deployment,
      owned.reduce((sum, one) => sum + (counts.get(one) ?? 0), 0),
    );
  }
  const put = [...counts].flatMap(([workload, count]) => {
    const status = statusOf(workload, count);
    return covers(workload.status, status) ? [] : [placed({ ...workload, status: { ...workload.status, ...status } })];
  });
  return { put, remove: [] };
}

function addressOf(number: number): string {
  return `10.244.${String(number >> 8)}.${String(number & 0xff)}`;
}

function isOwnedBy(object: KubeObject, { metadata: { uid } }: KubeObject): boolean {
  return object.metadata.ownerReferences?.some((reference) => reference.uid === uid) === true;
}

function covers(status: Readonly<Record<string, number>> = {}, wanted: Readonly<Record<string, number>>): boolean {
  return Object.entries(wanted).every(([field, value]) => status[field] === value);
}

function placed(object: Workload | Pod | KubeObject): PlacedObject {
  return { type: RESOURCES[object.kind as keyof typeof RESOURCES], object };
}

interface Node extends KubeObject {
  readonly status: { readonly addresses: readonly { readonly type: string; readonly address: string }[] };
}

function newNode(name: string): Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "kubernetes.io/hostname": name, "kubernetes.io/os": "linux" } },
    status: { addresses: [{ type: "InternalIP", address: "127.0.0.1" }] },
  };
}
