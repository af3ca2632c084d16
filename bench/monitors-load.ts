import { RESOURCES } from "../src/api/resource-type.ts";
import type { KubeClient } from "../src/kube/client.ts";
import { MONITOR_RESOURCES } from "../src/prometheus-cr/resources.ts";
import { createNamespace, createPod, giveAddress, ipOf } from "./cluster-load.ts";

/** Namespaces in which each application has pods, a Service, an EndpointSlice and a ServiceMonitor. */
export interface MonitorsLoad {
  readonly namespaces: number;
  readonly appsPerNamespace: number;
  readonly podsPerApp: number;
}

/** A client sends no more than a few requests at a time. */
const WORKERS_PER_CLIENT = 8;

export const namespaceOf = (index: number): string => `team-${index}`;
export const appOf = (index: number): string => `app-${index}`;

/** Creates everything. */
export async function createMonitors(clients: readonly KubeClient[], load: MonitorsLoad): Promise<void> {
  let next = 0;
  const worker = async (client: KubeClient): Promise<void> => {
    while (next < load.namespaces) {
      const index = next++;
      await createNamespace(client, namespaceOf(index));
      for (let app = 0; app < load.appsPerNamespace; app++) await createApp(client, load, index, app);
    }
  };
  await Promise.all(
    clients.flatMap((client) => Array.from({ length: WORKERS_PER_CLIENT }, async () => worker(client))),
  );
}

/** The address of a pod, unique over all of them. */
export function addressOf(
  { appsPerNamespace, podsPerApp }: MonitorsLoad,
  namespace: number,
  app: number,
  pod: number,
): string {
  return ipOf((namespace * appsPerNamespace + app) * podsPerApp + pod);
}

async function createApp(client: KubeClient, load: MonitorsLoad, index: number, app: number): Promise<void> {
  const [namespace, name] = [namespaceOf(index), appOf(app)];
  const labels = { app: name, team: namespace };
  const endpoints: unknown[] = [];
  for (let pod = 0; pod < load.podsPerApp; pod++) {
    const [podName, address] = [`${name}-${pod}`, addressOf(load, index, app, pod)];
    await createPod(client, namespace, podName);
    await giveAddress(client, { namespace, name: podName }, address);
    const targetRef = { kind: "Pod", namespace, name: podName };
    endpoints.push({ addresses: [address], conditions: { ready: true }, nodeName: "node-0", targetRef });
  }
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace, name, labels },
    spec: { clusterIP: "None", ports: [{ name: "metrics", port: 8080 }] },
  };
  const slice = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { namespace, name, labels: { ...labels, "kubernetes.io/service-name": name } },
    addressType: "IPv4",
    endpoints,
    ports: [{ name: "metrics", port: 8080, protocol: "TCP" }],
  };
  const monitor = {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "ServiceMonitor",
    metadata: { namespace, name, labels: { team: namespace } },
    spec: { selector: { matchLabels: { app: name } }, endpoints: [{ port: "metrics", interval: "30s" }] },
  };
  await client.create(RESOURCES.Service, service);
  await client.create(RESOURCES.EndpointSlice, slice);
  await client.create(MONITOR_RESOURCES.ServiceMonitor, monitor);
}
