/**
 * How a list merges. "atomic": as a whole. "set": its values are told apart. Names: its elements are told apart by
 * these fields. https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
 */
export type ListType = "atomic" | "set" | readonly string[];

/** Fields that count as given with this value when a key leaves them out. */
export const KEY_DEFAULTS: Readonly<Record<string, unknown>> = { protocol: "TCP" };

/** Paths are dotted, with `[]` for the elements of a list. */
type ListTypes = Readonly<Record<string, ListType>>;

const BY_NAME: ListType = ["name"];
const BY_TYPE: ListType = ["type"];

function containers(path: string): ListTypes {
  return {
    [path]: BY_NAME,
    [`${path}[].env`]: BY_NAME,
    [`${path}[].ports`]: ["containerPort", "protocol"],
    [`${path}[].volumeMounts`]: ["mountPath"],
    [`${path}[].volumeDevices`]: ["devicePath"],
  };
}

function podSpec(path: string): ListTypes {
  return {
    ...containers(`${path}.containers`),
    ...containers(`${path}.initContainers`),
    [`${path}.volumes`]: BY_NAME,
    [`${path}.imagePullSecrets`]: BY_NAME,
    [`${path}.hostAliases`]: ["ip"],
    [`${path}.topologySpreadConstraints`]: ["topologyKey", "whenUnsatisfiable"],
  };
}

const COMMON: ListTypes = { "metadata.finalizers": "set", "metadata.ownerReferences": ["uid"] };
const WORKLOAD: ListTypes = { ...podSpec("spec.template.spec"), "status.conditions": BY_TYPE };

/** As declared in the schemas of Kubernetes and of our CRDs; what is not here is atomic. */
const BY_KIND: Readonly<Record<string, ListTypes>> = {
  Pod: { ...podSpec("spec"), "status.conditions": BY_TYPE },
  Deployment: WORKLOAD,
  DaemonSet: WORKLOAD,
  StatefulSet: WORKLOAD,
  ReplicaSet: WORKLOAD,
  Job: WORKLOAD,
  Service: { "spec.ports": ["port", "protocol"], "status.conditions": BY_TYPE },
  ServiceAccount: { secrets: BY_NAME },
  Node: { "status.conditions": BY_TYPE, "status.addresses": BY_TYPE },
  Namespace: { "status.conditions": BY_TYPE },
  PodDisruptionBudget: { "status.conditions": BY_TYPE },
  OpenTelemetryCollector: { "status.conditions": BY_TYPE },
};

/** How the list at a path of a kind merges. */
export function listTypeOf(kind: string, path: string): ListType {
  return COMMON[path] ?? BY_KIND[kind]?.[path] ?? "atomic";
}
