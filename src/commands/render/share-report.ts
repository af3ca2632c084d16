import { stringify } from "yaml";
import { keyOf } from "../../api/meta.ts";
import { createDiscovererFactory } from "../../discovery/registry.ts";
import type { ListedAllocation } from "../../http/allocation-directory.ts";
import type { DesiredResource } from "../../controllers/index.ts";
import { InMemoryCluster } from "../../kube/in-memory/in-memory-cluster.ts";
import { PromClientMetrics } from "../../observability/prom-client-metrics.ts";
import { systemClock } from "../../observability/system-clock.ts";
import { createWinstonLogger } from "../../observability/winston-logger.ts";
import { PipelineRegistry } from "../../pipeline/pipeline-registry.ts";
import { generateJobs } from "../../prometheus-cr/generate-jobs.ts";
import { WorkloadSimulator } from "../dev/workload-simulator.ts";
import { ownClusterOnly } from "../discovery-clusters.ts";
import { knownKind } from "../known-kinds.ts";
import type { Manifest } from "../manifests.ts";
import { allocatorFileOf, withoutOwners } from "./desired-objects.ts";
import { offlineOnly } from "./offline-discoverers.ts";

/** Who would scrape what. */
export interface ShareReport {
  /** One YAML document a resource. */
  readonly text: string;
  /** What keeps targets from being known or assigned, one a line. */
  readonly problems: readonly string[];
}

const NOTE =
  " Made up here, because only a cluster gives them: addresses of pods without a status, and the names of pods of " +
  "Deployments and DaemonSets.";

/**
 * Runs the allocation of every resource once, over the objects in the files and simulated collector pods, and reports
 * the outcome. Nothing leaves this process.
 */
export async function reportShares(
  resources: readonly DesiredResource[],
  manifests: readonly Manifest[],
  signal: AbortSignal,
): Promise<ShareReport> {
  const cluster = new InMemoryCluster({ missingNamespaces: "create" });
  const objects = [...manifests.map(({ object }) => object), ...resources.flatMap((resource) => resource.objects)];
  for (const object of objects) {
    const type = knownKind(object.kind);
    if (type !== undefined) cluster.put(type, withoutOwners(object));
  }
  await new WorkloadSimulator(cluster, systemClock).settle();
  const registry = new PipelineRegistry({
    informers: cluster.informers,
    monitors: { client: cluster.client("render"), generate: generateJobs },
    createDiscovererFor: (ownNamespace) =>
      offlineOnly(createDiscovererFactory({ clusterFor: ownClusterOnly(cluster.informers), ownNamespace })),
    clock: systemClock,
    log: createWinstonLogger({ clock: systemClock, level: "error", encoding: "console" }),
    metrics: new PromClientMetrics(),
  });
  const end = new AbortController();
  const running = registry.run(end.signal);
  try {
    for (const resource of resources) ensure(registry, resource);
    await allReady(registry, signal);
    return toReport(registry.list());
  } finally {
    end.abort();
    await running;
    await cluster.informers.close();
  }
}

function ensure(registry: PipelineRegistry, { resource, objects, served }: DesiredResource): void {
  const fileText = allocatorFileOf(objects);
  // A resource without a target allocator scrapes by itself, every pod everything.
  if (fileText === undefined) return;
  const { namespace = "", name } = resource.metadata;
  registry.ensure(keyOf({ namespace, name }), { namespace, name, collectors: served, fileText });
}

/** Resolves when every allocation is complete, or has nothing that it could run on. */
async function allReady(registry: PipelineRegistry, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = (): void => {
    if (registry.list().every(({ allocation: { ready, configured } }) => ready || !configured)) resolve();
  };
  const unsubscribe = registry.onChange(look);
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  look();
  try {
    await promise;
  } finally {
    signal.removeEventListener("abort", abort);
    unsubscribe();
  }
}

function toReport(listed: readonly ListedAllocation[]): ShareReport {
  const problems = listed.flatMap((one) =>
    one.allocation.problems().map(({ job, message }) => {
      const where = job === undefined ? "" : ` job ${job}:`;
      return `${isOfCollector(one) ? "OpenTelemetryCollector" : "TargetAllocator"} ${one.namespace}/${one.name}:${where} ${message}`;
    }),
  );
  return { text: `#${NOTE}\n${listed.map(toDocument).join("")}`, problems };
}

/** An allocator that a collector has for itself bears its name. */
function isOfCollector({ name, collectors }: ListedAllocation): boolean {
  return collectors.includes(name);
}

function toDocument(listed: ListedAllocation): string {
  const { namespace, name, allocation } = listed;
  const jobs = [...allocation.snapshot().jobs.values()].map(({ name: job, byCollector, unassigned }) => {
    const shares = [...byCollector, ...(unassigned.targets.length === 0 ? [] : [["nobody", unassigned] as const])];
    return [job, Object.fromEntries(shares.map(([who, { targets }]) => [who, targets.map(({ address }) => address)]))];
  });
  const resource = isOfCollector(listed) ? "collector" : "targetAllocator";
  return `---\n${stringify({ [resource]: `${namespace}/${name}`, jobs: Object.fromEntries(jobs) as unknown })}`;
}
