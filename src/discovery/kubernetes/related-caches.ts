import { isDeepStrictEqual } from "node:util";

import type { KubeObject } from "../../api/meta.ts";
import { RESOURCES, type ResourceType } from "../../api/resource-type.ts";
import type { Pod, Service } from "./objects.ts";
import type { KubernetesRole } from "./settings.ts";

/** The kinds that roles look at beside their own. */
export type CacheName = "node" | "namespace" | "service" | "pod" | "replicaset" | "job";

/** How one kind of related objects is watched. */
export interface RelatedCache {
  readonly type: ResourceType;
  /** The role whose selector restricts the watch; absent: never restricted. */
  readonly selectorRole?: KubernetesRole;
  /** The parts that labels are made of: an update that leaves them alone concerns no target. */
  readonly reads: (object: KubeObject) => readonly unknown[];
}

const metadata = ({ metadata: { labels, annotations } }: KubeObject): readonly unknown[] => [labels, annotations];

/** By name; see {@link RelatedCache}. */
export const RELATED_CACHES: Readonly<Record<CacheName, RelatedCache>> = Object.freeze({
  node: { type: RESOURCES.Node, selectorRole: "node", reads: metadata },
  namespace: { type: RESOURCES.Namespace, reads: metadata },
  service: { type: RESOURCES.Service, selectorRole: "service", reads: serviceParts },
  pod: { type: RESOURCES.Pod, selectorRole: "pod", reads: podParts },
  replicaset: { type: RESOURCES.ReplicaSet, reads: owners },
  job: { type: RESOURCES.Job, reads: owners },
});

/** Whether an update of a related object can change a label. */
export function concernsLabels(cache: CacheName, previous: KubeObject, object: KubeObject): boolean {
  const { reads } = RELATED_CACHES[cache];
  return !isDeepStrictEqual(reads(previous), reads(object));
}

/** What one object says that it needs of another: `pod/shop/web-0`, or `node/node-1`. */
export function referenceTo(cache: CacheName, key: string): string {
  return `${cache}/${key}`;
}

function owners({ metadata: { ownerReferences } }: KubeObject): readonly unknown[] {
  return [ownerReferences];
}

function serviceParts(object: KubeObject): readonly unknown[] {
  const { spec } = object as Service;
  return [...metadata(object), spec?.ipFamilyPolicy, spec?.ipFamilies];
}

function podParts(object: KubeObject): readonly unknown[] {
  const { metadata: meta, spec, status } = object as Pod;
  const ready = status?.conditions?.find(({ type }) => type === "Ready")?.status;
  return [
    ...metadata(object),
    meta.uid,
    meta.ownerReferences,
    spec?.nodeName,
    spec?.containers,
    spec?.initContainers,
    [status?.phase, status?.podIP, status?.hostIP, ready],
  ];
}
