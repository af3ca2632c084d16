import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../tools/real-parts/parts.ts";
import type { ControlPlane } from "./control-plane.ts";

/** Where inputs and recorded answers of the Go target allocator are kept. */
export const CONFORMANCE_DATA = join(ROOT, "test", "conformance", "testdata");

/** Where the API server of the recording stood: it is among the endpoints that were discovered. */
const RECORDED_API_SERVER = { ip: "192.0.2.2", port: 26443 };

const API_SERVER_ENDPOINTS = [
  {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: {
      name: "kubernetes",
      namespace: "default",
      labels: { "endpointslice.kubernetes.io/skip-mirror": "true" },
    },
    subsets: [
      {
        addresses: [{ ip: RECORDED_API_SERVER.ip }],
        ports: [{ name: "https", port: RECORDED_API_SERVER.port, protocol: "TCP" }],
      },
    ],
  },
  {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: "kubernetes", namespace: "default", labels: { "kubernetes.io/service-name": "kubernetes" } },
    addressType: "IPv4",
    endpoints: [{ addresses: [RECORDED_API_SERVER.ip], conditions: { ready: true } }],
    ports: [{ name: "https", port: RECORDED_API_SERVER.port, protocol: "TCP" }],
  },
];

interface WorldObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly status?: unknown;
}

/**
 * Puts the objects that the recorded allocators saw into an API server, statuses included. No controller manager may
 * run: the objects are complete as they are, and the pods have no kubelet behind them.
 */
export async function applyWorld(plane: ControlPlane): Promise<void> {
  const objects = recordedObjects("world.json");
  const list = { apiVersion: "v1", kind: "List", items: [...objects, ...API_SERVER_ENDPOINTS] };
  await plane.kubectl(["create", "--validate=false", "-f", "-"], JSON.stringify(list));
  for (const { kind, metadata, status } of objects) {
    if (status === undefined) continue;
    const scope = metadata.namespace === undefined ? [] : ["-n", metadata.namespace];
    const patch = JSON.stringify({ status });
    const what = [kind.toLowerCase(), metadata.name];
    await plane.kubectl([...scope, "patch", ...what, "--subresource=status", "--type=merge", "-p", patch]);
  }
}

/** Puts the monitors, and the Secrets and ConfigMaps that they refer to, into an API server that knows their kinds. */
export async function applyRecordedMonitors(plane: ControlPlane): Promise<void> {
  const list = { apiVersion: "v1", kind: "List", items: recordedObjects("monitors.json") };
  await plane.kubectl(["create", "--validate=false", "-f", "-"], JSON.stringify(list));
}

function recordedObjects(file: string): readonly WorldObject[] {
  const text = readFileSync(join(CONFORMANCE_DATA, file), "utf8").replaceAll("@HERE@", CONFORMANCE_DATA);
  return (JSON.parse(text) as { readonly objects: readonly WorldObject[] }).objects;
}
