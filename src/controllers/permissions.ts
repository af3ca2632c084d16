import { RESOURCES, type ResourceType } from "../api/resource-type.ts";
import { OPTIONAL_KINDS, OWNED_KINDS } from "./owned-kinds.ts";
import { announcementOf } from "./optional-kinds.ts";
import { CILIUM_DEFINITION } from "./target-allocator/api-server-watch.ts";

/** A rule of a Role or ClusterRole. */
interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  /** @default objects of any name */
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** Why the operator needs a rule, for whoever reads the role. */
export interface Permission {
  readonly reason: string;
  readonly rule: PolicyRule;
}

/** What an informer does. */
const FOLLOW = ["list", "watch"];
/** Server-side apply of an object that may not exist needs both create and patch. */
const MANAGE = ["create", "delete", "get", "list", "patch", "watch"];

const { OpenTelemetryCollector: COLLECTOR, TargetAllocator: ALLOCATOR } = RESOURCES;

/** The Lease of the Go operator: of both, only one can lead. */
export const OPERATOR_LEASE = "9f7554c3.opentelemetry.io";

/** With the certificate of the webhooks that the operator makes, and the authorities that have issued it. */
export const WEBHOOK_CERTIFICATE_SECRET = "opentelemetry-operator-webhook-certificate";
const WATCH_AND_PATCH = ["list", "patch", "watch"];
const CONVERTED_CRD = `${COLLECTOR.plural}.${COLLECTOR.group}`;
/** The names are those of the Go operator. */
const ADMISSION_CONFIGURATIONS = [
  { plural: "mutatingwebhookconfigurations", name: "opentelemetry-operator-mutating-webhook-configuration" },
  { plural: "validatingwebhookconfigurations", name: "opentelemetry-operator-validating-webhook-configuration" },
];

/** Kinds that kubernetes_sd_configs read, in their roles or for the metadata that they attach. */
const DISCOVERED_KINDS: readonly ResourceType[] = [
  RESOURCES.Endpoints,
  RESOURCES.Namespace,
  RESOURCES.Node,
  RESOURCES.Pod,
  RESOURCES.Service,
  RESOURCES.ReplicaSet,
  RESOURCES.Job,
  RESOURCES.EndpointSlice,
  RESOURCES.Ingress,
];

const MONITORING_GROUP = "monitoring.coreos.com";
const MONITORS = ["podmonitors", "probes", "scrapeconfigs", "servicemonitors"];

/** Resources that stand in no namespace: no Role can grant them. */
const OF_THE_CLUSTER: ReadonlySet<string> = new Set([
  ...Object.values(RESOURCES).flatMap(({ plural, namespaced }) => (namespaced ? [] : [plural])),
  ...ADMISSION_CONFIGURATIONS.map(({ plural }) => plural),
  "subjectaccessreviews",
  "tokenreviews",
]);

/** Everything that the operator does in the whole cluster, and nothing else. */
export const MANAGER_PERMISSIONS: readonly Permission[] = [
  { reason: "what it looks after", rule: rule([COLLECTOR, ALLOCATOR], FOLLOW) },
  { reason: "what it tells about them", rule: rule([COLLECTOR, ALLOCATOR], ["patch"], "/status") },
  {
    reason: "to be named as owner that blocks deletion, and to let go of collectors that carry its finalizer",
    rule: rule([COLLECTOR, ALLOCATOR], ["update"], "/finalizers"),
  },
  { reason: "to take its finalizer off", rule: rule([COLLECTOR], ["patch"]) },
  {
    reason: "the allocators of collectors that ask for one of their own",
    rule: rule([ALLOCATOR], ["create", "delete", "get", "patch"]),
  },
  ...groupsOf(OWNED_KINDS).map((types) => ({ reason: "what it makes for them", rule: rule(types, MANAGE) })),
  ...groupsOf(OPTIONAL_KINDS).map((types) => ({
    reason: "what it makes for them where there are such kinds",
    rule: rule(types, MANAGE),
  })),
  {
    reason: "to give OpenShift's Routes the host that is asked for",
    rule: rule([RESOURCES.Route], ["create"], "/custom-host"),
  },
  ...groupsOf(DISCOVERED_KINDS).map((types) => ({
    reason: "what its own allocations discover targets and collectors from",
    rule: rule(types, FOLLOW),
  })),
  {
    reason: "the jobs that its own allocations get from custom resources of the Prometheus operator",
    rule: { apiGroups: [MONITORING_GROUP], resources: MONITORS, verbs: FOLLOW },
  },
  {
    reason: "to know when these kinds are installed",
    rule: {
      ...rule([RESOURCES.CustomResourceDefinition], FOLLOW),
      resourceNames: [
        ...MONITORS.map((plural) => `${plural}.${MONITORING_GROUP}`),
        ...announcedBy(RESOURCES.CustomResourceDefinition).filter((name) => !name.endsWith(MONITORING_GROUP)),
        // Tells that network policies know nodes and the control plane by no address.
        CILIUM_DEFINITION,
      ],
    },
  },
  {
    reason: "the same, of kinds that a server beside Kubernetes' own serves",
    rule: { ...rule([RESOURCES.APIService], FOLLOW), resourceNames: announcedBy(RESOURCES.APIService) },
  },
  {
    reason: "to tell API servers whose certificate its conversion webhook has",
    rule: { ...rule([RESOURCES.CustomResourceDefinition], WATCH_AND_PATCH), resourceNames: [CONVERTED_CRD] },
  },
  ...ADMISSION_CONFIGURATIONS.map(({ plural, name }) => ({
    reason: "the same of its admission webhooks",
    rule: {
      apiGroups: ["admissionregistration.k8s.io"],
      resources: [plural],
      resourceNames: [name],
      verbs: WATCH_AND_PATCH,
    },
  })),
  {
    reason: "to ask whether accounts of allocators and writers of collectors may do what they need",
    rule: { apiGroups: ["authorization.k8s.io"], resources: ["subjectaccessreviews"], verbs: ["create"] },
  },
  {
    reason: "to know who asks for its metrics",
    rule: { apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"], verbs: ["create"] },
  },
  { reason: "what it reports", rule: rule([RESOURCES.Event], ["create", "patch"]) },
];

/**
 * What lets it issue the certificates of allocators with mutual TLS where cert-manager does not. Not given unless an
 * administrator does: it opens the Secrets of all namespaces.
 */
export const CERTIFICATE_PERMISSIONS: readonly Permission[] = [
  {
    reason: "the certificates of allocators and collectors; there is no other way to say which Secrets these are",
    rule: rule([RESOURCES.Secret], ["create", "delete", "get", "patch"]),
  },
];

/** What lets it make the roles that resources ask for. It can grant nobody more than it holds itself. */
export const GRANTING_PERMISSIONS: readonly Permission[] = [
  {
    reason: "the roles of collectors and allocators, and who has them",
    rule: rule(
      [RESOURCES.ClusterRole, RESOURCES.ClusterRoleBinding, RESOURCES.Role, RESOURCES.RoleBinding],
      ["create", "delete", "get", "list", "patch"],
    ),
  },
];

/** What lets it make the ClusterRoles that the configurations of collectors need; again of nothing but what it holds. */
export const COLLECTOR_GRANTING_PERMISSIONS: readonly Permission[] = [
  {
    reason: "the cluster roles of collectors, and who has them",
    rule: rule([RESOURCES.ClusterRole, RESOURCES.ClusterRoleBinding], ["create", "delete", "get", "list", "patch"]),
  },
];

/** What collectors may be granted as far as most need it: that is what the processor `k8sattributes` asks for. */
export const COLLECTOR_PERMISSIONS: readonly Permission[] = [
  {
    reason: "may be granted: what k8sattributes says of pods",
    rule: rule([RESOURCES.Namespace, RESOURCES.Node, RESOURCES.Pod], ["get", ...FOLLOW]),
  },
  {
    reason: "may be granted: whose Deployment's a pod is",
    rule: rule([RESOURCES.ReplicaSet], ["get", ...FOLLOW]),
  },
];

/**
 * What is left of {@link MANAGER_PERMISSIONS} for an operator that looks after some namespaces only, in each of them: no
 * webhooks, no protected metrics, and no word of kinds that are installed later.
 */
export const NAMESPACED_PERMISSIONS: readonly Permission[] = MANAGER_PERMISSIONS.map(({ reason, rule: all }) => ({
  reason,
  rule: { ...all, resources: all.resources.filter((resource) => !OF_THE_CLUSTER.has(resource)) },
})).filter(({ rule: { resources } }) => resources.length > 0);

/** What a replica does in its own namespace to serve webhooks with a certificate of its own. */
export const WEBHOOK_PERMISSIONS: readonly Permission[] = [
  {
    reason: "the certificate of the webhooks, which all replicas share",
    rule: {
      ...rule([RESOURCES.Secret], ["get", "list", "update", "watch"]),
      resourceNames: [WEBHOOK_CERTIFICATE_SECRET],
    },
  },
  // The name of what is created cannot be restricted.
  { reason: "the same, where there is none yet", rule: rule([RESOURCES.Secret], ["create"]) },
];

/** What a replica does in its own namespace to become the one that writes. */
export const LEADER_ELECTION_PERMISSIONS: readonly Permission[] = [
  {
    reason: "the lease that the leader holds",
    rule: { ...rule([RESOURCES.Lease], ["get", "list", "update", "watch"]), resourceNames: [OPERATOR_LEASE] },
  },
  // The name of what is created cannot be restricted.
  { reason: "the same, where nobody has led yet", rule: rule([RESOURCES.Lease], ["create"]) },
];

function rule(types: readonly ResourceType[], verbs: readonly string[], subresource = ""): PolicyRule {
  return {
    apiGroups: [types[0]?.group ?? ""],
    resources: types.map(({ plural }) => plural + subresource).toSorted(),
    verbs,
  };
}

/** The types by their API group, in order of appearance. */
function groupsOf(types: readonly ResourceType[]): readonly (readonly ResourceType[])[] {
  return [...Map.groupBy(types, ({ group }) => group).values()];
}

/** The names of the objects of this type that tell of optional kinds. */
function announcedBy({ kind }: ResourceType): readonly string[] {
  return OPTIONAL_KINDS.map(announcementOf).flatMap(({ type, name }) => (type.kind === kind ? [name] : []));
}
