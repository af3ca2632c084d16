import type { KubeObject } from "../api/meta.ts";
import { RESOURCES } from "../api/resource-type.ts";
import type { KubeClient } from "../kube/client.ts";
import type { InformerFactory } from "../kube/informer.ts";
import type { ResourceLifecycle } from "../kube/resource-lifecycle.ts";
import type { Clock } from "../observability/clock.ts";
import type { Logger } from "../observability/logger.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { AllocationHost } from "./allocation-host.ts";
import { AllocationReconciler } from "./collector/allocation-reconciler.ts";
import { CollectorReconciler } from "./collector/collector-reconciler.ts";
import { watchAllocations, watchCollectors, watchOptional, watchOwned } from "./collector/watches.ts";
import type { ManifestSettings } from "./manifests/manifest-settings.ts";
import { ObjectCache } from "./object-cache.ts";
import { OptionalKinds } from "./optional-kinds.ts";
import { Controller } from "./runtime/controller.ts";
import type { Request } from "./runtime/reconciler.ts";
import type { EventRecorder } from "./runtime/event-recorder.ts";

/** What holds for all controllers of a process. */
interface ControllerSettings extends ManifestSettings {
  /** Where custom resources are looked after. Empty means everywhere. */
  readonly watchNamespaces: readonly string[];
  /** Passes over collectors that may run at once. @default 4 */
  readonly workers?: number;
}

export interface ControllerDependencies {
  readonly client: KubeClient;
  /** Of OpenTelemetryCollectors, with the finalizer COLLECTOR_FINALIZER. */
  readonly lifecycle: ResourceLifecycle;
  readonly informers: InformerFactory;
  readonly allocations: AllocationHost;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly settings: ControllerSettings;
}

/** Most of a pass is waiting for the API server. */
const DEFAULT_WORKERS = 4;

/**
 * Nobody tells when an API server, a quota or a webhook is well again. client-go's quarter of an hour would look like an
 * operator that has given up.
 */
const LONGEST_RETRY_MS = 60_000;

/** Every controller of the operator, ready to be given to a manager. */
export function newControllers(dependencies: ControllerDependencies): readonly Controller[] {
  return [newCollectorController(dependencies), newAllocationController(dependencies)];
}

function newCollectorController(dependencies: ControllerDependencies): Controller {
  const { client, lifecycle, informers, allocations, events, clock, log, metrics, settings } = dependencies;
  const cache = new ObjectCache(informers);
  const kinds = new OptionalKinds({ informers, due: () => requestsFor(cache.list(RESOURCES.OpenTelemetryCollector)) });
  return new Controller({
    name: "opentelemetrycollector",
    reconciler: new CollectorReconciler({ client, lifecycle, cache, kinds, allocations, events, clock, settings }),
    sources: [
      ...watchCollectors(cache, settings.watchNamespaces),
      ...watchOwned(cache, settings.watchNamespaces),
      ...watchOptional(cache, kinds, settings.watchNamespaces),
      watchAllocations(allocations),
    ],
    workers: settings.workers ?? DEFAULT_WORKERS,
    retry: { maxDelayMs: LONGEST_RETRY_MS },
    log,
    clock,
    metrics,
  });
}

function newAllocationController(dependencies: ControllerDependencies): Controller {
  const { informers, allocations, clock, log, metrics, settings } = dependencies;
  const cache = new ObjectCache(informers);
  return new Controller({
    name: "allocation",
    reconciler: new AllocationReconciler({ cache, allocations, settings }),
    sources: watchCollectors(cache, settings.watchNamespaces),
    needsLeaderElection: false,
    log,
    clock,
    metrics,
  });
}

function requestsFor(objects: Iterable<KubeObject>): readonly Request[] {
  return Array.from(objects, ({ metadata: { namespace = "", name } }) => ({ namespace, name }));
}
