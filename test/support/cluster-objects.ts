import type { KubeObject, ObjectMeta } from "../../src/api/meta.ts";
import type {
  Endpoints,
  EndpointSlice,
  Ingress,
  Namespace,
  Node,
  Pod,
  Service,
} from "../../src/discovery/kubernetes/objects.ts";

type Given<T extends KubeObject> = Partial<Omit<T, "metadata" | "kind" | "apiVersion">> & {
  readonly metadata?: Partial<ObjectMeta>;
};

function make<T extends KubeObject>(apiVersion: string, kind: string, name: string, given: Given<T>): T {
  const { metadata, ...rest } = given;
  return { apiVersion, kind, metadata: { name, ...metadata }, ...rest } as unknown as T;
}

const inShop = { namespace: "shop" };

/** A pod without anything, in namespace `shop` unless said otherwise. */
export function pod(name: string, given: Given<Pod> = {}): Pod {
  return make("v1", "Pod", name, { ...given, metadata: { ...inShop, uid: `uid-${name}`, ...given.metadata } });
}

/** A pod that runs and is ready, with one port 8080 named `http`. */
export function runningPod(
  name: string,
  given: Given<Pod> & { readonly ip?: string; readonly nodeName?: string } = {},
): Pod {
  const { ip = "10.1.0.1", nodeName = "node-1", ...rest } = given;
  return pod(name, {
    ...rest,
    spec: {
      nodeName,
      containers: [
        { name: "app", image: "shop/app:1", ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }] },
      ],
      ...rest.spec,
    },
    status: { phase: "Running", podIP: ip, hostIP: "10.0.0.1", conditions: [ready("True")], ...rest.status },
  });
}

/** The Ready condition. */
export function ready(
  status: "True" | "False",
  lastTransitionTime = "2026-01-01T00:00:00Z",
): { readonly type: string; readonly status: string; readonly lastTransitionTime: string } {
  return { type: "Ready", status, lastTransitionTime };
}

export function node(name: string, given: Given<Node> = {}): Node {
  return make("v1", "Node", name, given);
}

export function namespace(name: string, given: Given<Namespace> = {}): Namespace {
  return make("v1", "Namespace", name, given);
}

export function service(name: string, given: Given<Service> = {}): Service {
  return make("v1", "Service", name, { ...given, metadata: { ...inShop, ...given.metadata } });
}

export function endpoints(name: string, given: Given<Endpoints> = {}): Endpoints {
  return make("v1", "Endpoints", name, { ...given, metadata: { ...inShop, ...given.metadata } });
}

/** A slice of the service `web` unless its metadata says otherwise. */
export function slice(name: string, given: Given<EndpointSlice> = {}): EndpointSlice {
  const labels = { "kubernetes.io/service-name": "web" };
  return make("discovery.k8s.io/v1", "EndpointSlice", name, {
    addressType: "IPv4",
    ...given,
    metadata: { ...inShop, labels, ...given.metadata },
  });
}

export function ingress(name: string, given: Given<Ingress> = {}): Ingress {
  return make("networking.k8s.io/v1", "Ingress", name, { ...given, metadata: { ...inShop, ...given.metadata } });
}

/** An object that only owns others: a ReplicaSet or a Job, in namespace `shop`. */
export function owner(
  kind: "ReplicaSet" | "Job",
  name: string,
  controller?: { readonly kind: string; readonly name: string },
): KubeObject {
  const apiVersion = kind === "Job" ? "batch/v1" : "apps/v1";
  return make(apiVersion, kind, name, { metadata: { ...inShop, ...ownedBy(controller) } });
}

/** The metadata of an object that is controlled by something. */
export function ownedBy(
  controller: { readonly kind: string; readonly name: string } | undefined,
): Pick<ObjectMeta, "ownerReferences"> | Record<never, never> {
  if (controller === undefined) return {};
  return { ownerReferences: [{ apiVersion: "v1", uid: `uid-${controller.name}`, controller: true, ...controller }] };
}
