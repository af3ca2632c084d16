import { parseKey } from "../../api/meta.ts";
import type { OpenTelemetryCollector } from "../../api/opentelemetry/v1beta1.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import type { KubeObject } from "../../api/meta.ts";
import type { AllocationHost } from "../allocation-host.ts";
import type { ObjectCache } from "../object-cache.ts";
import type { OptionalKinds } from "../optional-kinds.ts";
import { COLLECTOR_KINDS, OPTIONAL_COLLECTOR_KINDS } from "../owned-kinds.ts";
import { enqueueMapped, enqueueObject } from "../runtime/event-handler.ts";
import type { Request } from "../runtime/reconciler.ts";
import { callbackSource, type Source } from "../runtime/source.ts";
import { allocatorInUse, makerOf } from "../target-allocator/attachment.ts";
import { optionalSources, ownedSources, resourceSources } from "../watches.ts";

/** What makes collectors due. */
export function watchCollectors(
  cache: ObjectCache,
  kinds: OptionalKinds,
  { namespaces, allocations }: { readonly namespaces: readonly string[]; readonly allocations: AllocationHost },
): readonly Source[] {
  const owner = RESOURCES.OpenTelemetryCollector;
  return [
    ...resourceSources(cache, owner, { namespaces, handler: enqueueObject }),
    ...ownedSources(cache, { owner, types: COLLECTOR_KINDS, namespaces }),
    ...optionalSources(cache, kinds, { owner, types: OPTIONAL_COLLECTOR_KINDS, namespaces }),
    // A user's own among them: collectors may name them.
    ...resourceSources(cache, RESOURCES.TargetAllocator, {
      namespaces,
      handler: enqueueMapped((allocator) => concernedBy(allocator, cache)),
    }),
    watchAllocations(cache, allocations),
  ];
}

function concernedBy(allocator: KubeObject, cache: ObjectCache): readonly Request[] {
  const { namespace = "", name } = allocator.metadata;
  const maker = makerOf(allocator)?.name;
  // Under the same name stands the collector that is waiting for the name, if any.
  return [
    ...(maker === undefined ? [] : [{ namespace, name: maker }]),
    { namespace, name },
    ...usersOf(namespace, name, cache),
  ];
}

/** Changes of the numbers that the statuses of all collectors of an allocation show. */
function watchAllocations(cache: ObjectCache, allocations: AllocationHost): Source {
  return callbackSource("allocations", (enqueue) =>
    allocations.onChange((key) => {
      const { namespace, name } = parseKey(key);
      for (const request of usersOf(namespace, name, cache)) enqueue(request);
    }),
  );
}

/** The collectors that get their targets from the TargetAllocator of this name. */
function usersOf(namespace: string, allocator: string, cache: ObjectCache): readonly Request[] {
  const collectors = cache.list(RESOURCES.OpenTelemetryCollector) as Iterable<OpenTelemetryCollector>;
  return Array.from(collectors)
    .filter((collector) => collector.metadata.namespace === namespace && allocatorInUse(collector) === allocator)
    .map(({ metadata: { name } }) => ({ namespace, name }));
}
