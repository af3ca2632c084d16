/** What a client must know of a kind to reach it: where it stands in the API. */
export interface ResourceType {
  /** "" for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

const namespaced = (group: string, version: string, kind: string, plural: string): ResourceType =>
  Object.freeze({ group, version, kind, plural, namespaced: true });
const cluster = (group: string, version: string, kind: string, plural: string): ResourceType =>
  Object.freeze({ group, version, kind, plural, namespaced: false });

/** Every kind that this program reads or writes, by kind name. */
export const RESOURCES = Object.freeze({
  ConfigMap: namespaced("", "v1", "ConfigMap", "configmaps"),
  Endpoints: namespaced("", "v1", "Endpoints", "endpoints"),
  Event: namespaced("events.k8s.io", "v1", "Event", "events"),
  Namespace: cluster("", "v1", "Namespace", "namespaces"),
  Node: cluster("", "v1", "Node", "nodes"),
  Pod: namespaced("", "v1", "Pod", "pods"),
  Secret: namespaced("", "v1", "Secret", "secrets"),
  Service: namespaced("", "v1", "Service", "services"),
  ServiceAccount: namespaced("", "v1", "ServiceAccount", "serviceaccounts"),
  DaemonSet: namespaced("apps", "v1", "DaemonSet", "daemonsets"),
  Deployment: namespaced("apps", "v1", "Deployment", "deployments"),
  ReplicaSet: namespaced("apps", "v1", "ReplicaSet", "replicasets"),
  StatefulSet: namespaced("apps", "v1", "StatefulSet", "statefulsets"),
  HorizontalPodAutoscaler: namespaced("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers"),
  Job: namespaced("batch", "v1", "Job", "jobs"),
  Lease: namespaced("coordination.k8s.io", "v1", "Lease", "leases"),
  EndpointSlice: namespaced("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices"),
  Ingress: namespaced("networking.k8s.io", "v1", "Ingress", "ingresses"),
  NetworkPolicy: namespaced("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies"),
  Role: namespaced("rbac.authorization.k8s.io", "v1", "Role", "roles"),
  RoleBinding: namespaced("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings"),
  ClusterRole: cluster("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles"),
  ClusterRoleBinding: cluster("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings"),
  PodDisruptionBudget: namespaced("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets"),
  HTTPRoute: namespaced("gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes"),
  Certificate: namespaced("cert-manager.io", "v1", "Certificate", "certificates"),
  Issuer: namespaced("cert-manager.io", "v1", "Issuer", "issuers"),
  PodMonitor: namespaced("monitoring.coreos.com", "v1", "PodMonitor", "podmonitors"),
  Route: namespaced("route.openshift.io", "v1", "Route", "routes"),
  ServiceMonitor: namespaced("monitoring.coreos.com", "v1", "ServiceMonitor", "servicemonitors"),
  APIService: cluster("apiregistration.k8s.io", "v1", "APIService", "apiservices"),
  CustomResourceDefinition: cluster(
    "apiextensions.k8s.io",
    "v1",
    "CustomResourceDefinition",
    "customresourcedefinitions",
  ),
  OpenTelemetryCollector: namespaced(
    "opentelemetry.io",
    "v1beta1",
    "OpenTelemetryCollector",
    "opentelemetrycollectors",
  ),
  TargetAllocator: namespaced("opentelemetry.io", "v1alpha1", "TargetAllocator", "targetallocators"),
} satisfies Record<string, ResourceType>);

/** `v1` or `apps/v1`: the apiVersion field of the kind's objects. */
export function apiVersionOf({ group, version }: Pick<ResourceType, "group" | "version">): string {
  return group === "" ? version : `${group}/${version}`;
}
