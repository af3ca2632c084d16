import type { KubeObject } from "../api/meta.ts";
import { type ResourceType, apiVersionOf } from "../api/resource-type.ts";
import type { ObjectShape } from "./informer.ts";

/** Makes of a received object what a cache keeps of it. May reuse parts of the object, which the caller gives away. */
export type StripTransform = (object: KubeObject) => KubeObject;

/**
 * What to keep of a value: all of it, the named fields (of each element, for a list), or what the function returns.
 * Order of names is order in memory, so that equal kinds get equal layouts.
 */
type Keep = true | { readonly [field: string]: Keep } | ((value: unknown) => unknown);

const TARGET_REF: Keep = { kind: true, namespace: true, name: true };
const ADDRESS: Keep = { ip: true, hostname: true, nodeName: true, targetRef: TARGET_REF };
const CONTAINER: Keep = { name: true, image: true, ports: { name: true, containerPort: true, protocol: true } };
const CONTAINER_STATUS: Keep = { name: true, containerID: true };
const NAMED_PORT: Keep = { name: true, port: true, protocol: true };

const METADATA: Keep = {
  name: true,
  namespace: true,
  uid: true,
  resourceVersion: true,
  labels: true,
  annotations: true,
  ownerReferences: true,
  deletionTimestamp: true,
};

/**
 * What Kubernetes service discovery, the discovery of collectors and monitors read. Kinds that are not named keep
 * everything but managedFields; ReplicaSet, Job and Namespace are read for their metadata only.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#kubernetes_sd_config
 */
const DISCOVERY: Readonly<Record<string, Keep>> = {
  Pod: {
    spec: { nodeName: true, containers: CONTAINER, initContainers: CONTAINER },
    status: {
      phase: true,
      podIP: true,
      hostIP: true,
      startTime: true,
      conditions: (value) => prune(onlyReady(value), { type: true, status: true, lastTransitionTime: true }),
      containerStatuses: CONTAINER_STATUS,
      initContainerStatuses: CONTAINER_STATUS,
    },
  },
  Node: {
    spec: { providerID: true },
    status: {
      conditions: { type: true, status: true },
      addresses: { type: true, address: true },
      daemonEndpoints: true,
    },
  },
  Service: {
    spec: {
      type: true,
      clusterIP: true,
      externalName: true,
      loadBalancerIP: true,
      ipFamilyPolicy: true,
      ipFamilies: true,
      ports: NAMED_PORT,
    },
  },
  Endpoints: { subsets: { addresses: ADDRESS, notReadyAddresses: ADDRESS, ports: NAMED_PORT } },
  EndpointSlice: {
    addressType: true,
    endpoints: {
      addresses: true,
      conditions: true,
      hostname: true,
      nodeName: true,
      zone: true,
      targetRef: TARGET_REF,
      deprecatedTopology: true,
    },
    ports: { name: true, port: true, protocol: true, appProtocol: true },
  },
  Ingress: {
    spec: { ingressClassName: true, tls: { hosts: true }, rules: { host: true, http: { paths: { path: true } } } },
  },
  Namespace: {},
  CustomResourceDefinition: {
    spec: { versions: { name: true, served: true }, conversion: true },
    status: { conditions: { type: true, status: true } },
  },
  Secret: { data: true },
  ConfigMap: { data: true },
  ReplicaSet: {},
  Job: {},
};

/**
 * The transform of a kind and shape. It also sets apiVersion and kind, which a server leaves out of the items of a
 * list.
 */
export function stripTransform(type: ResourceType, shape: ObjectShape): StripTransform {
  const identity = { apiVersion: apiVersionOf(type), kind: type.kind };
  const fields = shape === "discovery" ? DISCOVERY[type.kind] : undefined;
  if (fields === undefined) {
    return (object) => {
      const { managedFields: _dropped, ...metadata } = object.metadata;
      return { ...object, ...identity, metadata };
    };
  }
  const keep: Keep = { metadata: METADATA, ...(fields as object) };
  return (object) => ({ ...identity, ...(prune(object, keep) as Pick<KubeObject, "metadata">) });
}

function prune(value: unknown, keep: Keep): unknown {
  if (keep === true) return value;
  if (typeof keep === "function") return keep(value);
  if (Array.isArray(value)) return value.map((element) => prune(element, keep));
  if (typeof value !== "object" || value === null) return value;
  const source = value as Readonly<Record<string, unknown>>;
  const kept: Record<string, unknown> = {};
  for (const field in keep) {
    const fieldKeep = keep[field];
    const fieldValue = source[field];
    if (fieldValue !== undefined && fieldKeep !== undefined) kept[field] = prune(fieldValue, fieldKeep);
  }
  return kept;
}

function onlyReady(conditions: unknown): unknown {
  if (!Array.isArray(conditions)) return conditions;
  // And why a pod has no node, while it has none.
  return conditions.filter(
    ({ type, status }: { readonly type?: unknown; readonly status?: unknown }) =>
      type === "Ready" || (type === "PodScheduled" && status === "False"),
  );
}
