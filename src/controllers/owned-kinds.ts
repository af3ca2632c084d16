import { RESOURCES, type ResourceType } from "../api/resource-type.ts";

/** What there is for all kinds of workloads. */
const COMMON_KINDS = [
  RESOURCES.ConfigMap,
  RESOURCES.ServiceAccount,
  RESOURCES.Service,
  RESOURCES.Deployment,
  RESOURCES.PodDisruptionBudget,
  RESOURCES.NetworkPolicy,
] as const satisfies readonly ResourceType[];

/** The kinds that are made for collectors, besides the TargetAllocator of their own. */
export const COLLECTOR_KINDS = [
  ...COMMON_KINDS,
  RESOURCES.StatefulSet,
  RESOURCES.DaemonSet,
  RESOURCES.HorizontalPodAutoscaler,
  RESOURCES.Ingress,
] as const satisfies readonly ResourceType[];

/** The same, of kinds that not every cluster has. */
export const OPTIONAL_COLLECTOR_KINDS = [
  RESOURCES.ServiceMonitor,
  RESOURCES.PodMonitor,
  RESOURCES.HTTPRoute,
  RESOURCES.Route,
] as const satisfies readonly ResourceType[];

/** The kinds that are made for TargetAllocators. */
export const ALLOCATOR_KINDS = [...COMMON_KINDS] as const satisfies readonly ResourceType[];

/** The same, of kinds that not every cluster has. */
export const OPTIONAL_ALLOCATOR_KINDS = [
  RESOURCES.ServiceMonitor,
  RESOURCES.Issuer,
  RESOURCES.Certificate,
] as const satisfies readonly ResourceType[];

/** Everything that is made in every cluster, but for TargetAllocators. */
export const OWNED_KINDS: readonly ResourceType[] = [
  ...new Set<ResourceType>([...COLLECTOR_KINDS, ...ALLOCATOR_KINDS]),
];

/** Everything that is made where there are such kinds. */
export const OPTIONAL_KINDS: readonly ResourceType[] = [
  ...new Set<ResourceType>([...OPTIONAL_COLLECTOR_KINDS, ...OPTIONAL_ALLOCATOR_KINDS]),
];

const TYPE_BY_KIND: ReadonlyMap<string, ResourceType> = new Map(
  [...OWNED_KINDS, ...OPTIONAL_KINDS, RESOURCES.TargetAllocator].map((type) => [type.kind, type]),
);

/** The type of a kind that is made for a resource; undefined for any other. */
export function ownedKind(kind: string): ResourceType | undefined {
  return TYPE_BY_KIND.get(kind);
}
