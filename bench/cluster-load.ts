import type { KubeObject, NamespacedName } from "../src/api/meta.ts";
import { RESOURCES } from "../src/api/resource-type.ts";
import type { KubeClient } from "../src/kube/client.ts";

/** Pods as a mid-size workload has them: labels, an annotation of 400 bytes, two containers, a full status. */
interface LoadPod extends KubeObject {
  readonly spec?: unknown;
  readonly status?: unknown;
}

const CONCURRENCY = 48;

function podOf(namespace: string, name: string, labels: Readonly<Record<string, string>> = {}): LoadPod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace,
      labels: {
        app: `app-${name.length}`,
        "app.kubernetes.io/name": "load",
        "app.kubernetes.io/part-of": "bench",
        "pod-template-hash": "5d4f8c7b9",
        team: "platform",
        ...labels,
      },
      annotations: { "example.com/last-applied": "x".repeat(400), "prometheus.io/scrape": "true" },
    },
    spec: {
      nodeName: "node-0",
      containers: [
        {
          name: "app",
          image: "registry.example.com/team/app:1.2.3",
          ports: [{ name: "metrics", containerPort: 8080 }],
          env: Array.from({ length: 50 }, (_, index) => ({ name: `SETTING_${index}`, value: "v".repeat(40) })),
        },
      ],
    },
  };
}

/** The address of the n-th pod, unique below 16 million. */
export const ipOf = (index: number): string => `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`;

/** What the kubelet writes once the pod has an address. */
const runningPod = (namespace: string, name: string, podIP: string): LoadPod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { namespace, name },
  status: {
    phase: "Running",
    podIP,
    podIPs: [{ ip: podIP }],
    hostIP: "10.250.0.1",
    startTime: "2026-01-01T00:00:00Z",
    conditions: ["Initialized", "Ready", "ContainersReady", "PodScheduled"].map((type) => ({
      type,
      status: "True",
      lastProbeTime: null,
      lastTransitionTime: "2026-01-01T00:00:00Z",
    })),
    containerStatuses: [
      {
        name: "app",
        ready: true,
        restartCount: 0,
        image: "registry.example.com/team/app:1.2.3",
        imageID: `registry.example.com/team/app@sha256:${"0".repeat(64)}`,
        containerID: `containerd://${"1".repeat(64)}`,
        started: true,
        state: { running: { startedAt: "2026-01-01T00:00:00Z" } },
      },
    ],
  },
});

/** Creates running pods, a few at a time. */
export async function createPods(
  client: KubeClient,
  { namespace, from, count }: { readonly namespace: string; readonly from: number; readonly count: number },
): Promise<void> {
  await forEachIndex(count, async (offset) => {
    const index = from + offset;
    const name = `load-${index}`;
    await createPod(client, namespace, name);
    await giveAddress(client, { namespace, name }, ipOf(index));
  });
}

/** Does something for each number from 0 on, a few at a time. */
export async function forEachIndex(count: number, act: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await act(next++);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

/** Creates a pod that has no address yet. */
export async function createPod(
  client: KubeClient,
  namespace: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<void> {
  await client.create(RESOURCES.Pod, podOf(namespace, name, labels));
}

/** Gives a pod its address and readiness, as the kubelet does. */
export async function giveAddress(client: KubeClient, pod: NamespacedName, podIP: string): Promise<void> {
  await client.applyStatus(RESOURCES.Pod, runningPod(pod.namespace, pod.name, podIP));
}

export async function createNamespace(client: KubeClient, name: string): Promise<void> {
  await client.create(RESOURCES.Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
}
