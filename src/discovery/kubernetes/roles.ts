import type { TargetGroup } from "../../allocator/index.ts";
import type { KubeObject } from "../../api/meta.ts";
import { RESOURCES, type ResourceType } from "../../api/resource-type.ts";
import { buildEndpointSliceGroup, nodeOfEndpoint, serviceOf } from "./endpoint-slice.ts";
import { buildEndpointsGroup, nodeOfAddress } from "./endpoints.ts";
import { buildIngressGroup } from "./ingress.ts";
import { buildNodeGroup } from "./node.ts";
import { controllerOf, type Endpoints, type EndpointSlice, type Pod, type TargetReference } from "./objects.ts";
import { buildPodGroup } from "./pod.ts";
import type { RelatedObjects } from "./related-objects.ts";
import { type CacheName, referenceTo } from "./related-caches.ts";
import { buildServiceGroup } from "./service.ts";
import type { AttachMetadata, KubernetesRole } from "./settings.ts";

/**
 * What a role watches and how an object of its kind becomes a target group.
 *
 * An object is built anew when it changes, and when something changes that it refers to. Prometheus leaves some of the
 * latter out (pods behind endpoint slices, nodes of endpoints without a reference); then what is served depends on the
 * order in which two watches happened to deliver. Here it does not.
 */
export interface RoleDefinition {
  readonly type: ResourceType;
  /** What stands before the object's key in the group's source. */
  readonly sourcePrefix: string;
  /** The related caches that must have been read before the first object is built. */
  readonly required: (attach: AttachMetadata) => readonly CacheName[];
  /** Related caches that it goes without when the API server refuses them. */
  readonly optional: (attach: AttachMetadata) => readonly CacheName[];
  /** What the object refers to, as {@link referenceTo} names it; also of caches that are not watched. */
  readonly references: (object: KubeObject) => readonly string[];
  /** Undefined when nothing can be said about the object now and what is known of it should stay. */
  readonly build: (object: KubeObject, source: string, related: RelatedObjects) => TargetGroup | undefined;
}

interface TypedRole<T extends KubeObject> {
  readonly type: ResourceType;
  readonly sourcePrefix: string;
  readonly optional?: (attach: AttachMetadata) => readonly CacheName[];
  readonly required?: (attach: AttachMetadata) => readonly CacheName[];
  readonly references?: (object: T) => readonly string[];
  readonly build: (object: T, source: string, related: RelatedObjects) => TargetGroup | undefined;
}

/** The informer of `type` delivers only objects of that kind, so the type parameter can be forgotten here. */
function define<T extends KubeObject>(role: TypedRole<T>): RoleDefinition {
  return {
    type: role.type,
    sourcePrefix: role.sourcePrefix,
    required: role.required ?? namespaceCache,
    optional: role.optional ?? (() => []),
    references: (object) => [
      referenceTo("namespace", object.metadata.namespace ?? ""),
      ...(role.references?.(object as T) ?? []),
    ],
    build: (object, source, related) => role.build(object as T, source, related),
  };
}

/** By name; see {@link RoleDefinition}. */
export const ROLES: Readonly<Record<KubernetesRole, RoleDefinition>> = Object.freeze({
  pod: define<Pod>({
    type: RESOURCES.Pod,
    sourcePrefix: "pod/",
    required: (attach) => [...nodeCache(attach), ...namespaceCache(attach), ...ownerCaches(attach)],
    references: podReferences,
    build: buildPodGroup,
  }),
  node: define({ type: RESOURCES.Node, sourcePrefix: "node/", required: () => [], build: buildNodeGroup }),
  service: define({ type: RESOURCES.Service, sourcePrefix: "svc/", build: buildServiceGroup }),
  ingress: define({ type: RESOURCES.Ingress, sourcePrefix: "ingress/", build: buildIngressGroup }),
  endpoints: define<Endpoints>({
    type: RESOURCES.Endpoints,
    sourcePrefix: "endpoints/",
    required: endpointCaches,
    optional: ownerCaches,
    references: ({ metadata, subsets }) => [
      referenceTo("service", `${metadata.namespace ?? ""}/${metadata.name}`),
      ...(subsets ?? []).flatMap(({ addresses, notReadyAddresses }) =>
        [...(addresses ?? []), ...(notReadyAddresses ?? [])].flatMap((address) =>
          endpointReferences(nodeOfAddress(address), address.targetRef),
        ),
      ),
    ],
    build: buildEndpointsGroup,
  }),
  endpointslice: define<EndpointSlice>({
    type: RESOURCES.EndpointSlice,
    sourcePrefix: "endpointslice/",
    required: endpointCaches,
    optional: ownerCaches,
    references: (slice) => [
      ...serviceReference(slice),
      ...(slice.endpoints ?? []).flatMap((endpoint) =>
        endpointReferences(nodeOfEndpoint(endpoint), endpoint.targetRef ?? undefined),
      ),
    ],
    build: buildEndpointSliceGroup,
  }),
});

/** What a pod refers to: its node and what controls it. */
export function podReferences(pod: Pod): readonly string[] {
  const references: string[] = [];
  const node = pod.spec?.nodeName ?? "";
  if (node !== "") references.push(referenceTo("node", node));
  const controller = controllerOf(pod);
  const key = `${pod.metadata.namespace ?? ""}/${controller?.name ?? ""}`;
  if (controller?.kind === "ReplicaSet") references.push(referenceTo("replicaset", key));
  if (controller?.kind === "Job") references.push(referenceTo("job", key));
  return references;
}

function serviceReference(slice: EndpointSlice): readonly string[] {
  const name = serviceOf(slice);
  return name === undefined ? [] : [referenceTo("service", `${slice.metadata.namespace ?? ""}/${name}`)];
}

function endpointReferences(node: string | undefined, target: TargetReference | undefined): readonly string[] {
  const references = node === undefined ? [] : [referenceTo("node", node)];
  if (target?.kind === "Pod") references.push(referenceTo("pod", `${target.namespace ?? ""}/${target.name ?? ""}`));
  return references;
}

function nodeCache({ node }: AttachMetadata): readonly CacheName[] {
  return node ? ["node"] : [];
}

function namespaceCache({ namespace }: AttachMetadata): readonly CacheName[] {
  return namespace ? ["namespace"] : [];
}

/** A Job's name is on the pod itself; the Job is needed only for the CronJob above it. */
function ownerCaches({ deployment, cronjob }: AttachMetadata): readonly CacheName[] {
  return [...(deployment ? (["replicaset"] as const) : []), ...(cronjob ? (["job"] as const) : [])];
}

function endpointCaches(attach: AttachMetadata): readonly CacheName[] {
  return ["service", "pod", ...nodeCache(attach), ...namespaceCache(attach)];
}
