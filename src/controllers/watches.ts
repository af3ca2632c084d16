import type { ResourceType } from "../api/resource-type.ts";
import type { WatchScope } from "../kube/informer.ts";
import { LABEL_MANAGED_BY, MANAGED_BY } from "./manifests/labels.ts";
import type { ObjectCache } from "./object-cache.ts";
import type { OptionalKinds } from "./optional-kinds.ts";
import { type EventHandler, enqueueOwner } from "./runtime/event-handler.ts";
import {
  annotationsChanged,
  generationChanged,
  labelsChanged,
  or,
  resourceVersionChanged,
} from "./runtime/predicate.ts";
import type { Source } from "./runtime/source.ts";

/**
 * The resources of one of our own kinds. Their labels and annotations go over to what is generated; their status is our
 * own word and makes nothing due.
 */
export function resourceSources(
  cache: ObjectCache,
  type: ResourceType,
  { namespaces, handler }: { readonly namespaces: readonly string[]; readonly handler: EventHandler },
): readonly Source[] {
  const predicate = or(generationChanged, labelsChanged, annotationsChanged);
  return scopes(namespaces, { type }).map((scope) => cache.source({ scope, handler, predicate }));
}

/** What is owned by the resources of a kind. */
export interface OwnedWatch {
  readonly owner: ResourceType;
  readonly types: readonly ResourceType[];
  readonly namespaces: readonly string[];
}

/**
 * What resources own, their workload's status included. Only objects that carry the operator's label are watched: one
 * that loses it is seen as deleted, and gets it back.
 */
export function ownedSources(cache: ObjectCache, { owner, types, namespaces }: OwnedWatch): readonly Source[] {
  return types.flatMap((type) => ownedScopes(type, namespaces)).map((scope) => ownedSource(cache, owner, scope));
}

/** As {@link ownedSources} for kinds that not every cluster has, each for as long as it has it. */
export function optionalSources(
  cache: ObjectCache,
  kinds: OptionalKinds,
  { owner, types, namespaces }: OwnedWatch,
): readonly Source[] {
  return types.flatMap((type) =>
    ownedScopes(type, namespaces).map((scope) => kinds.source(type, ownedSource(cache, owner, scope))),
  );
}

function ownedScopes(type: ResourceType, namespaces: readonly string[]): readonly WatchScope[] {
  return scopes(namespaces, { type, labelSelector: `${LABEL_MANAGED_BY}=${MANAGED_BY}` });
}

function ownedSource(cache: ObjectCache, owner: ResourceType, scope: WatchScope): Source {
  return cache.source({ scope, handler: enqueueOwner(owner), predicate: resourceVersionChanged });
}

function scopes(namespaces: readonly string[], scope: WatchScope): readonly WatchScope[] {
  return namespaces.length === 0 ? [scope] : namespaces.map((namespace) => ({ ...scope, namespace }));
}
