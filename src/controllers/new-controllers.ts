import type { KubeObject } from "../api/meta.ts";
import { RESOURCES } from "../api/resource-type.ts";
import type { KubeClient } from "../kube/client.ts";
import type { InformerFactory } from "../kube/informer.ts";
import type { ResourceLifecycle } from "../kube/resource-lifecycle.ts";
import type { Clock } from "../observability/clock.ts";
import type { Logger } from "../observability/logger.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { AllocationHost } from "./allocation-host.ts";
import { ClusterGrants } from "./cluster-grants.ts";
import { ClusterRoleReconciler } from "./collector/cluster-role-reconciler.ts";
import { newCollectorReconciler } from "./collector/collector-reconciler.ts";
import { UpgradeReconciler } from "./collector/upgrade-reconciler.ts";
import { watchCollectors } from "./collector/watches.ts";
import { ALL_GRANTING_TYPES, GrantingRights } from "./granting-rights.ts";
import type { ManifestSettings } from "./manifests/manifest-settings.ts";
import { ObjectCache } from "./object-cache.ts";
import { OptionalKinds } from "./optional-kinds.ts";
import { Controller, type ControllerOptions } from "./runtime/controller.ts";
import type { Reconciler, Request } from "./runtime/reconciler.ts";
import type { EventRecorder } from "./runtime/event-recorder.ts";
import { AllocationReconciler } from "./target-allocator/allocation-reconciler.ts";
import { ApiServerWatch } from "./target-allocator/api-server-watch.ts";
import { CertificateReconciler } from "./target-allocator/certificate-reconciler.ts";
import { Hindrances } from "./target-allocator/hindrances.ts";
import { RoleReconciler } from "./target-allocator/role-reconciler.ts";
import { newTargetAllocatorReconciler } from "./target-allocator/target-allocator-reconciler.ts";
import { enqueueObject } from "./runtime/event-handler.ts";
import { resourceSources } from "./watches.ts";
import { watchAllocationSources, watchTargetAllocators } from "./target-allocator/watches.ts";

/** What holds for all controllers of a process. */
interface ControllerSettings extends ManifestSettings {
  /** Where custom resources are looked after. Empty means everywhere. */
  readonly watchNamespaces: readonly string[];
  /** Passes over the resources of a kind that may run at once. @default 4 */
  readonly workers?: number;
}

export interface ControllerDependencies {
  readonly client: KubeClient;
  /** Of OpenTelemetryCollectors and TargetAllocators, with the finalizer COLLECTOR_FINALIZER. */
  readonly lifecycle: ResourceLifecycle;
  readonly informers: InformerFactory;
  readonly allocations: AllocationHost;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly settings: ControllerSettings;
  /** Why API servers may get no answer from the operator's webhooks. @default there are none */
  readonly webhookProblem?: (() => string | undefined) | undefined;
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
  const hindrances = new Hindrances();
  return [
    newCollectorController(dependencies),
    newTargetAllocatorController(dependencies, hindrances),
    newCertificateController(dependencies, hindrances),
    newRoleController(dependencies, hindrances),
    newAllocationController(dependencies),
    newClusterRoleController(dependencies),
    newUpgradeController(dependencies),
  ];
}

function newCollectorController(dependencies: ControllerDependencies): Controller {
  const { informers, allocations, settings } = dependencies;
  const cache = new ObjectCache(informers);
  const kinds = new OptionalKinds({ informers, due: () => requestsFor(cache.list(RESOURCES.OpenTelemetryCollector)) });
  return resourceController(dependencies, {
    name: "opentelemetrycollector",
    reconciler: newCollectorReconciler({ ...dependencies, cache, kinds }),
    sources: watchCollectors(cache, kinds, { namespaces: settings.watchNamespaces, allocations }),
  });
}

function newTargetAllocatorController(dependencies: ControllerDependencies, hindrances: Hindrances): Controller {
  const { informers, allocations, settings } = dependencies;
  const cache = new ObjectCache(informers);
  const due = (): readonly Request[] => requestsFor(cache.list(RESOURCES.TargetAllocator));
  const kinds = new OptionalKinds({ informers, due });
  const apiServer = new ApiServerWatch({ informers, due });
  const namespaces = settings.watchNamespaces;
  return resourceController(dependencies, {
    name: "targetallocator",
    reconciler: newTargetAllocatorReconciler({ ...dependencies, cache, kinds, hindrances, apiServer }),
    sources: watchTargetAllocators(cache, kinds, { namespaces, allocations, hindrances, apiServer }),
  });
}

function newCertificateController(dependencies: ControllerDependencies, hindrances: Hindrances): Controller {
  const { informers, settings } = dependencies;
  const cache = new ObjectCache(informers);
  return resourceController(dependencies, {
    name: "targetallocator-certificates",
    reconciler: new CertificateReconciler({ ...dependencies, cache, hindrances }),
    sources: watchAllocationSources(cache, settings.watchNamespaces),
  });
}

function resourceController(
  { settings, log, clock, metrics }: ControllerDependencies,
  options: Pick<ControllerOptions, "name" | "reconciler" | "sources">,
): Controller {
  const workers = settings.workers ?? DEFAULT_WORKERS;
  return new Controller({ ...options, workers, retry: { maxDelayMs: LONGEST_RETRY_MS }, log, clock, metrics });
}

function newRoleController(dependencies: ControllerDependencies, hindrances: Hindrances): Controller {
  const { client, clock, informers, settings } = dependencies;
  const cache = new ObjectCache(informers);
  const grants = new ClusterGrants(client, new GrantingRights(client, clock, ALL_GRANTING_TYPES));
  return resourceController(dependencies, {
    name: "targetallocator-roles",
    reconciler: new RoleReconciler({ ...dependencies, cache, grants, hindrances }),
    sources: watchAllocationSources(cache, settings.watchNamespaces),
  });
}

function newAllocationController(dependencies: ControllerDependencies): Controller {
  const { informers, allocations, clock, log, metrics, settings } = dependencies;
  const cache = new ObjectCache(informers);
  return new Controller({
    name: "allocation",
    reconciler: new AllocationReconciler({ cache, allocations, settings }),
    sources: watchAllocationSources(cache, settings.watchNamespaces),
    needsLeaderElection: false,
    log,
    clock,
    metrics,
  });
}

function newClusterRoleController(dependencies: ControllerDependencies): Controller {
  const { client, clock } = dependencies;
  const grants = new ClusterGrants(client, new GrantingRights(client, clock));
  return collectorsController(
    dependencies,
    "clusterrole",
    (cache) => new ClusterRoleReconciler({ ...dependencies, cache, grants }),
  );
}

function newUpgradeController(dependencies: ControllerDependencies): Controller {
  return collectorsController(dependencies, "upgrade", (cache) => new UpgradeReconciler({ ...dependencies, cache }));
}

/** Looks at collectors alone, one after the other. */
function collectorsController(
  { informers, settings, log, clock, metrics }: ControllerDependencies,
  name: string,
  newReconciler: (cache: ObjectCache) => Reconciler,
): Controller {
  const cache = new ObjectCache(informers);
  const watched = { namespaces: settings.watchNamespaces, handler: enqueueObject };
  return new Controller({
    name,
    reconciler: newReconciler(cache),
    sources: resourceSources(cache, RESOURCES.OpenTelemetryCollector, watched),
    retry: { maxDelayMs: LONGEST_RETRY_MS },
    log,
    clock,
    metrics,
  });
}

function requestsFor(objects: Iterable<KubeObject>): readonly Request[] {
  return Array.from(objects, ({ metadata: { namespace = "", name } }) => ({ namespace, name }));
}
