import { createHash } from "node:crypto";
import type { KubeObject, ObjectMeta, OwnerReference } from "../../api/meta.ts";

/** A Deployment, StatefulSet, DaemonSet or ReplicaSet, as far as its pods follow from it. */
export interface Workload extends KubeObject {
  readonly spec?: {
    readonly replicas?: number;
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
    readonly template?: PodTemplate;
  };
  readonly status?: WorkloadStatus;
}

interface PodTemplate {
  readonly metadata?: Pick<ObjectMeta, "labels" | "annotations">;
  readonly spec?: PodSpec;
}

interface PodSpec {
  readonly nodeName?: string;
  readonly containers?: readonly { readonly name: string; readonly image?: string }[];
}

export type WorkloadStatus = Readonly<Record<string, number>>;

/** A pod as a kubelet leaves it, as far as anybody here reads it. */
export interface Pod extends KubeObject {
  readonly spec?: PodSpec;
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly [field: string]: unknown;
  };
}

/** The label by which a pod tells the template that it was made from. */
const REVISION = "controller-revision-hash";
const TEMPLATE_HASH = "pod-template-hash";

/** The ReplicaSet of a Deployment's present template. */
export function replicaSetOf(deployment: Workload): Workload {
  const { spec = {}, metadata } = deployment;
  const hash = shortHash(spec.template ?? {});
  const template = withLabels(spec.template, { [TEMPLATE_HASH]: hash });
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: ownedMeta(deployment, `${metadata.name}-${hash}`, template.metadata?.labels),
    spec: { replicas: spec.replicas ?? 1, selector: { matchLabels: template.metadata?.labels ?? {} }, template },
  };
}

/**
 * The pods that a StatefulSet, DaemonSet or ReplicaSet wants, without what a kubelet adds. Named as in a cluster, except
 * that the random part is the same in every run.
 *
 * @param nodes - Names of all nodes; a DaemonSet has a pod on each.
 */
export function podsOf(workload: Workload, nodes: readonly string[]): readonly Pod[] {
  const { name } = workload.metadata;
  const count = workload.spec?.replicas ?? 1;
  const revision = { [REVISION]: shortHash(workload.spec?.template ?? {}) };
  switch (workload.kind) {
    case "StatefulSet":
      return range(count).map((i) => {
        const identity = {
          "apps.kubernetes.io/pod-index": String(i),
          "statefulset.kubernetes.io/pod-name": `${name}-${String(i)}`,
        };
        return podOf(workload, `${name}-${String(i)}`, { ...revision, ...identity });
      });
    case "DaemonSet":
      return nodes.map((node) => podOf(workload, `${name}-${shortHash(node).slice(0, 5)}`, revision, node));
    case "ReplicaSet":
      return range(count).map((i) => podOf(workload, `${name}-${shortHash([name, i]).slice(0, 5)}`, {}));
    default:
      return [];
  }
}

/** Whether a pod was made from the same template as the wanted one. */
export function sameRevision(pod: Pod, wanted: Pod): boolean {
  return pod.metadata.labels?.[REVISION] === wanted.metadata.labels?.[REVISION];
}

/** What the controller of a workload reports once all its pods are there and ready. */
export function statusOf(workload: Workload, pods: number): WorkloadStatus {
  const observedGeneration = workload.metadata.generation ?? 1;
  if (workload.kind === "DaemonSet") {
    return {
      observedGeneration,
      currentNumberScheduled: pods,
      desiredNumberScheduled: pods,
      numberAvailable: pods,
      numberMisscheduled: 0,
      numberReady: pods,
      updatedNumberScheduled: pods,
    };
  }
  const counts = { replicas: pods, readyReplicas: pods, availableReplicas: pods };
  return workload.kind === "ReplicaSet"
    ? { observedGeneration, ...counts }
    : { observedGeneration, ...counts, updatedReplicas: pods };
}

/** A pod as if a kubelet had started it: on the node, with the address, ready since the given time. */
export function startedPod(pod: Pod, nodeName: string, podIP: string, now: string): Pod {
  const condition = (type: string): object => ({ type, status: "True", lastTransitionTime: now });
  return {
    ...pod,
    spec: { ...pod.spec, nodeName },
    status: {
      phase: "Running",
      hostIP: "127.0.0.1",
      podIP,
      podIPs: [{ ip: podIP }],
      startTime: now,
      conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map(condition),
    },
  };
}

function podOf(workload: Workload, name: string, labels: Readonly<Record<string, string>>, nodeName?: string): Pod {
  const template = withLabels(workload.spec?.template, labels);
  const { annotations } = template.metadata ?? {};
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...ownedMeta(workload, name, template.metadata?.labels),
      ...(annotations === undefined ? {} : { annotations }),
    },
    spec: { ...template.spec, ...(nodeName === undefined ? {} : { nodeName }) },
  };
}

function withLabels(template: PodTemplate = {}, labels: Readonly<Record<string, string>>): PodTemplate {
  return { ...template, metadata: { ...template.metadata, labels: { ...template.metadata?.labels, ...labels } } };
}

function ownedMeta(owner: KubeObject, name: string, labels: Readonly<Record<string, string>> = {}): ObjectMeta {
  const { namespace = "default", uid = "" } = owner.metadata;
  const { apiVersion, kind } = owner;
  const reference: OwnerReference = {
    apiVersion,
    kind,
    name: owner.metadata.name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  return { name, namespace, labels, ownerReferences: [reference] };
}

function range(count: number): readonly number[] {
  return Array.from({ length: Math.max(0, count) }, (_, i) => i);
}

function shortHash(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 10);
}
