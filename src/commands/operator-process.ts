import {
  CollectorMetrics,
  type EventRecorder,
  KubeEventRecorder,
  type LeaderElector,
  Manager,
  newControllers,
} from "../controllers/index.ts";
import { DiscoveryMetrics } from "../discovery/discovery-metrics.ts";
import { createDiscovererFactory } from "../discovery/registry.ts";
import type { AllocationDirectory } from "../http/allocation-directory.ts";
import type { KubeClient } from "../kube/client.ts";
import type { InformerFactory } from "../kube/informer.ts";
import type { ResourceLifecycle } from "../kube/resource-lifecycle.ts";
import type { Clock } from "../observability/clock.ts";
import type { Logger } from "../observability/logger.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { ManifestOptions } from "../options/operator-options.ts";
import type { ProxyEnvironment } from "../options/proxy-environment.ts";
import { PipelineRegistry } from "../pipeline/pipeline-registry.ts";
import { generateJobs } from "../prometheus-cr/generate-jobs.ts";
import { ownClusterOnly } from "./discovery-clusters.ts";
import { LeaderEvents } from "./leader-events.ts";
import { type Actor, runGroup } from "./run-group.ts";
import { reportSlowStart } from "./slow-start.ts";

export interface OperatorProcessOptions {
  readonly client: KubeClient;
  readonly informers: InformerFactory;
  /** Of OpenTelemetryCollectors. */
  readonly lifecycle: ResourceLifecycle;
  readonly manifests: ManifestOptions;
  /** Empty: all. */
  readonly watchNamespaces: readonly string[];
  /** Metrics of what collectors' configurations consist of. @default false */
  readonly metricsOfCollectors?: boolean;
  /** @default this process leads */
  readonly election?: LeaderElector;
  /** This process among its replicas, for Events. */
  readonly instance: string;
  /** What `proxy_from_environment` of a job means. */
  readonly proxyEnvironment: ProxyEnvironment;
  /** The proxies of the pods that are generated. @default none */
  readonly podProxies?: ProxyEnvironment;
  /** Why API servers may get no answer from this operator's webhooks. @default there are none */
  readonly webhookProblem?: () => string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** Who reports our Events. */
const EVENT_CONTROLLER = "opentelemetry.io/otel-allocator";
/** What the operator may read is more than what those may who write jobs; files are those of the allocator's pod. */
const NO_FILES =
  "files are read by the resource's own target allocator only; what they say is not known to the operator";
/** Time for Events that are not written yet, after everything else has ended. */
const LAST_EVENTS_MS = 2_000;

/** The operator on any cluster, real or in memory: controllers, an allocation for each resource, and what HTTP reads. */
export class OperatorProcess {
  readonly #options: OperatorProcessOptions;
  readonly #registry: PipelineRegistry;
  readonly #manager: Manager;
  readonly #events: KubeEventRecorder;
  readonly #authorEvents: LeaderEvents;

  constructor(options: OperatorProcessOptions) {
    const { client, informers, lifecycle, election, clock, log, metrics, instance } = options;
    this.#options = options;
    const clusterFor = ownClusterOnly(informers);
    const external = {
      clock,
      metrics: new DiscoveryMetrics(metrics),
      proxyEnvironment: options.proxyEnvironment,
      noFiles: NO_FILES,
    };
    this.#events = new KubeEventRecorder({ client, clock, log, controller: EVENT_CONTROLLER, instance });
    this.#authorEvents = new LeaderEvents(this.#events);
    this.#registry = new PipelineRegistry({
      informers,
      monitors: { client, generate: generateJobs, withholdSecrets: true, events: this.#authorEvents },
      createDiscovererFor: (ownNamespace) => createDiscovererFactory({ clusterFor, ownNamespace, external }),
      clock,
      log,
      metrics,
    });
    this.#manager = new Manager({ log, clock, ...(election === undefined ? {} : { election }) });
    this.#manager.add(this.#authorEvents);
    const { manifests, watchNamespaces, podProxies } = options;
    const settings = { ...manifests, watchNamespaces, ...(podProxies === undefined ? {} : { proxies: podProxies }) };
    const [allocations, events] = [this.#registry, this.#events];
    const controllers = newControllers({
      client,
      lifecycle,
      informers,
      allocations,
      events,
      clock,
      log,
      metrics,
      settings,
      webhookProblem: options.webhookProblem,
    });
    for (const controller of controllers) this.#manager.add(controller);
    if (options.metricsOfCollectors === true) {
      this.#manager.add(new CollectorMetrics({ informers, metrics, watchNamespaces }));
    }
  }

  /** The allocations that run. */
  get directory(): AllocationDirectory {
    return this.#registry;
  }

  /** Where Events are told. */
  get events(): EventRecorder {
    return this.#events;
  }

  /** Calls back when anything that can be read of an allocation has changed. Returns the unsubscription. */
  onChange(handler: () => void): () => void {
    return this.#registry.onChange(handler);
  }

  /** What is missing until all resources are known, for readiness. */
  readonly waitingFor = (): readonly string[] => problemsIn(this.#manager.readiness.report());

  /** Why only a restart can help, for liveness. */
  readonly stuck = (): readonly string[] => problemsIn(this.#manager.liveness.report());

  /**
   * Runs the controllers and, beside them, the given actors; see {@link runGroup}. Allocations end last, so that servers
   * among the actors can answer while they drain.
   */
  async run(signal: AbortSignal, beside: Readonly<Record<string, Actor>>): Promise<void> {
    const end = new AbortController();
    const allocations = this.#registry.run(end.signal);
    const { clock, log } = this.#options;
    const starting = AbortSignal.any([signal, end.signal]);
    const slowStart = reportSlowStart({ clock, log, waitingFor: this.waitingFor }, starting);
    try {
      await runGroup(signal, { ...beside, controllers: async (stop) => this.#manager.run(stop) });
    } finally {
      end.abort();
      await Promise.all([allocations, slowStart]);
      await this.#events.close(AbortSignal.timeout(LAST_EVENTS_MS));
    }
  }
}

function problemsIn({ checks }: { checks: readonly { name: string; problem: string | undefined }[] }): string[] {
  return checks.flatMap(({ name, problem }) => (problem === undefined ? [] : [`${name}: ${problem}`]));
}
