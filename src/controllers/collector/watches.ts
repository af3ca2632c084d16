import { parseKey } from "../../api/meta.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import type { WatchScope } from "../../kube/informer.ts";
import type { AllocationHost } from "../allocation-host.ts";
import { LABEL_MANAGED_BY, MANAGED_BY } from "../manifests/labels.ts";
import type { ObjectCache } from "../object-cache.ts";
import { enqueueObject, enqueueOwner } from "../runtime/event-handler.ts";
import {
  annotationsChanged,
  generationChanged,
  labelsChanged,
  or,
  resourceVersionChanged,
} from "../runtime/predicate.ts";
import { callbackSource, type Source } from "../runtime/source.ts";
import { OWNED_KINDS } from "./object-writer.ts";

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
  const labelSelector = `${LABEL_MANAGED_BY}=${MANAGED_BY}`;
  return OWNED_KINDS.flatMap((type) => scopes(namespaces, { type, labelSelector })).map((scope) =>
    cache.source({
      scope,
      handler: enqueueOwner(RESOURCES.OpenTelemetryCollector),
      predicate: resourceVersionChanged,
    }),
  );
}

/** Changes of the numbers that a status shows. */
export function watchAllocations(allocations: AllocationHost): Source {
  return callbackSource("allocations", (enqueue) => allocations.onChange((key) => enqueue(parseKey(key))));
}

function scopes(namespaces: readonly string[], scope: WatchScope): readonly WatchScope[] {
  return namespaces.length === 0 ? [scope] : namespaces.map((namespace) => ({ ...scope, namespace }));
}
