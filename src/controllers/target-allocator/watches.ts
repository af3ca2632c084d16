import { type KubeObject, parseKey } from "../../api/meta.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import type { AllocationHost } from "../allocation-host.ts";
import type { ObjectCache } from "../object-cache.ts";
import type { OptionalKinds } from "../optional-kinds.ts";
import { ALLOCATOR_KINDS, OPTIONAL_ALLOCATOR_KINDS } from "../owned-kinds.ts";
import { enqueueMapped, enqueueObject } from "../runtime/event-handler.ts";
import type { Request } from "../runtime/reconciler.ts";
import { callbackSource, type Source } from "../runtime/source.ts";
import { optionalSources, ownedSources, resourceSources } from "../watches.ts";
import type { ApiServerWatch } from "./api-server-watch.ts";
import { allocatorsConcerned } from "./attachment.ts";
import type { Hindrances } from "./hindrances.ts";

/** What TargetAllocators follow from besides objects. */
export interface AllocatorWatches {
  readonly namespaces: readonly string[];
  readonly allocations: AllocationHost;
  readonly hindrances: Hindrances;
  readonly apiServer: ApiServerWatch;
}

/** What makes TargetAllocators due. */
export function watchTargetAllocators(
  cache: ObjectCache,
  kinds: OptionalKinds,
  { namespaces, allocations, hindrances, apiServer }: AllocatorWatches,
): readonly Source[] {
  const owner = RESOURCES.TargetAllocator;
  return [
    ...watchAllocationSources(cache, namespaces),
    ...ownedSources(cache, { owner, types: ALLOCATOR_KINDS, namespaces }),
    ...optionalSources(cache, kinds, { owner, types: OPTIONAL_ALLOCATOR_KINDS, namespaces }),
    callbackSource("allocations", (enqueue) => allocations.onChange((key) => enqueue(parseKey(key)))),
    callbackSource("what allocators do not get", (enqueue) => hindrances.onChange((key) => enqueue(parseKey(key)))),
    apiServer.source,
  ];
}

/** What allocations follow from: the TargetAllocators, and the collectors that use them or did so before. */
export function watchAllocationSources(cache: ObjectCache, namespaces: readonly string[]): readonly Source[] {
  return [
    ...resourceSources(cache, RESOURCES.TargetAllocator, { namespaces, handler: enqueueObject }),
    ...resourceSources(cache, RESOURCES.OpenTelemetryCollector, { namespaces, handler: enqueueMapped(concernedBy) }),
  ];
}

function concernedBy(collector: KubeObject): readonly Request[] {
  const { namespace = "" } = collector.metadata;
  return allocatorsConcerned(collector).map((name) => ({ namespace, name }));
}
