import { parseKey } from "../../api/meta.ts";
import { RESOURCES, type ResourceType } from "../../api/resource-type.ts";
import type { WatchScope } from "../../kube/informer.ts";
import type { AllocationHost } from "../allocation-host.ts";
import { LABEL_MANAGED_BY, MANAGED_BY } from "../manifests/labels.ts";
import type { ObjectCache } from "../object-cache.ts";
import type { OptionalKinds } from "../optional-kinds.ts";
import { enqueueObject, enqueueOwner } from "../runtime/event-handler.ts";
import {
  annotationsChanged,
  generationChanged,
  labelsChanged,
  or,
  resourceVersionChanged,
} from "../runtime/predicate.ts";
import { callbackSource, type Source } from "../runtime/source.ts";
import { OPTIONAL_KINDS, OWNED_KINDS } from "../owned-kinds.ts";

/**
 * The collectors themselves. Their labels and annotations go over to what is generated; their status is our own word and
 * makes nothing due.
 */
export function watchCollectors(cache: ObjectCache, namespaces: readonly string[]): readonly Source[] {
  return scopes(namespaces, { type: RESOURCES.OpenTelemetryCollector }).map((scope) =>
    cache.source({
      scope,
      handler: enqueueObject,
      predicate: or(generationChanged, labelsChanged, annotationsChanged),
    }),
  );
}

/**
 * What collectors own, their workload's status included. Only objects that carry the operator's label are watched: one
 * that loses it is seen as deleted, and gets it back.
 */
export function watchOwned(cache: ObjectCache, namespaces: readonly string[]): readonly Source[] {
  return OWNED_KINDS.flatMap((type) => ownedScopes(type, namespaces)).map((scope) => ownedSource(cache, scope));
}

/** As {@link watchOwned} for kinds that not every cluster has, each for as long as it has it. */
export function watchOptional(
  cache: ObjectCache,
  kinds: OptionalKinds,
  namespaces: readonly string[],
): readonly Source[] {
  return OPTIONAL_KINDS.flatMap((type) =>
    ownedScopes(type, namespaces).map((scope) => kinds.source(type, ownedSource(cache, scope))),
  );
}

function ownedScopes(type: ResourceType, namespaces: readonly string[]): readonly WatchScope[] {
  return scopes(namespaces, { type, labelSelector: `${LABEL_MANAGED_BY}=${MANAGED_BY}` });
}

function ownedSource(cache: ObjectCache, scope: WatchScope): Source {
  const handler = enqueueOwner(RESOURCES.OpenTelemetryCollector);
  return cache.source({ scope, handler, predicate: resourceVersionChanged });
}

/** Changes of the numbers that a status shows. */
export function watchAllocations(allocations: AllocationHost): Source {
  return callbackSource("allocations", (enqueue) => allocations.onChange((key) => enqueue(parseKey(key))));
}

function scopes(namespaces: readonly string[], scope: WatchScope): readonly WatchScope[] {
  return namespaces.length === 0 ? [scope] : namespaces.map((namespace) => ({ ...scope, namespace }));
}
