import { isDeepStrictEqual } from "node:util";

import type { AllocationSnapshot, KnownSource, ScrapeConfig } from "../allocator/index.ts";
import { DiscoveryManager } from "../discovery/discovery-manager.ts";
import type { DiscovererFactory } from "../discovery/registry.ts";
import { untilAborted } from "../discovery/until-aborted.ts";
import type { InformerFactory } from "../kube/informer.ts";
import type { Clock } from "../observability/clock.ts";
import type { Logger } from "../observability/logger.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { TargetAllocatorFile } from "../options/target-allocator-file.ts";
import {
  type AllocationPlan,
  planAllocation,
  type PlannedCollectors,
  prepareAllocation,
  withMonitorJobs,
} from "./allocation-plan.ts";
import type { AllocationProblem } from "./allocation-problem.ts";
import { CollectorFeed } from "./collector-feed.ts";
import { createCollectorSource } from "./create-collector-source.ts";
import { Deliveries } from "./deliveries.ts";
import { MonitorDirectory } from "./monitor-directory.ts";
import { type MonitorAccess, MonitorFeed } from "./monitor-feed.ts";
import { type ExplainAnswer, JobExplainer, type ExplainQuery } from "./job-explainer.ts";
import { JobTimer } from "./job-timer.ts";
import { PassScheduler } from "./pass-scheduler.ts";
import { PipelineMetrics, type PipelineReading } from "./pipeline-metrics.ts";
import { findProblems, hasAllInputs, missingInputs, type PipelineState } from "./pipeline-state.ts";
import { type PipelineSummary, summaryOf } from "./pipeline-summary.ts";
import { PreparedJobs, type ScrapeConfigBodies } from "./prepared-jobs.ts";
import { type PassResult, ReplaceableEngine } from "./replaceable-engine.ts";
import { StrategyUpkeep } from "./strategy-upkeep.ts";
import { workInSlices } from "./work-in-slices.ts";

/** What a pipeline needs of its surroundings; pipelines of one process can share all of it. */
export interface PipelineOptions {
  /** Where collector pods are watched; undefined without Kubernetes: then the file must list the collectors. */
  readonly informers: InformerFactory | undefined;
  readonly createDiscoverer: DiscovererFactory;
  /** How custom resources of the Prometheus operator are read; undefined where they cannot be. */
  readonly monitors?: MonitorAccess | undefined;
  /** The kubeconfig that jobs of monitors discover with. @default "", which is the pod's own account */
  readonly kubeconfigFile?: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** What tells the series of this pipeline from those of others in the process. @default nothing */
  readonly metricLabels?: Readonly<Record<string, string>>;
}

/** How far the discovery of one job is, as readers are told. */
export interface JobState {
  readonly discovery: "pending" | "settled" | "failing";
  readonly error?: string;
}

/**
 * One running allocation: a file in, who scrapes what out. It discovers targets and collectors, has the engine assign
 * them, and keeps the last complete result for readers.
 *
 * The first pass waits until everything is known that can be known: every job's discovery has reported or failed, and
 * the collectors are there. So no reader is told that there is nothing where it is only not known yet, and the first
 * assignment does not depend on what happened to arrive first. Afterwards every change leads to a pass, soon.
 */
export class Pipeline {
  /** What collectors have been told. */
  readonly deliveries: Deliveries;
  readonly #options: PipelineOptions;
  readonly #engine: ReplaceableEngine;
  readonly #discovery: DiscoveryManager;
  readonly #collectors: CollectorFeed;
  readonly #upkeep: StrategyUpkeep;
  readonly #monitors: MonitorFeed;
  readonly #prepared = new PreparedJobs();
  readonly #passes: PassScheduler;
  readonly #explainer: JobExplainer;
  readonly #handlers = new Set<() => void>();
  #signal: AbortSignal | undefined;
  #metrics: PipelineMetrics | undefined;
  #plan: AllocationPlan | undefined;
  #invalid: string | undefined;
  #notes: readonly AllocationProblem[] = [];
  #loadedAtMs: number | undefined;
  #ready = false;
  /** Jobs that were not known yet when the pass began that made the served result. */
  readonly #unpublished = new Set<string>();
  #failure: Error | undefined;

  constructor(options: PipelineOptions) {
    const { createDiscoverer, clock, log } = options;
    this.#options = options;
    const timer = new JobTimer(clock, (job, seconds) => this.#metrics?.worked(job, seconds));
    this.deliveries = new Deliveries(clock, (...ended) => this.#metrics?.handedOver(...ended));
    this.#engine = new ReplaceableEngine(timer.mark, (...results) => this.deliveries.prepare(...results));
    this.#passes = new PassScheduler(clock, async () => this.#pass());
    const sourcesOf = (job: string): readonly KnownSource[] => this.#discovery.sourcesOf(job);
    this.#explainer = new JobExplainer({ clock, sourcesOf, state: () => this.#state() });
    const onStateChange = (): void => this.#stateChanged();
    this.#discovery = new DiscoveryManager({
      createDiscoverer,
      clock,
      log,
      onStateChange,
      consumer: {
        updateGroups: (...update) => {
          this.#metrics?.received();
          this.#engine.updateGroups(...update);
          this.#passes.trigger();
        },
        removeProvider: (...removal) => {
          this.#engine.removeProvider(...removal);
          this.#passes.trigger();
        },
      },
    });
    const onDue = (): void => this.#passes.trigger();
    this.#upkeep = new StrategyUpkeep({ engine: this.#engine, clock, log, onDue, onStateChange });
    this.#collectors = new CollectorFeed({
      clock,
      log,
      onStateChange,
      onCollectors: (collectors) => {
        log.info("collectors changed", { collectors: collectors.length });
        this.#engine.setCollectors(collectors);
        this.#passes.trigger();
      },
    });
    const prepare = (jobs: readonly ScrapeConfig[]) => this.#prepared.prepareAll(jobs, this.#plan?.uses);
    const onJobs = (jobs: readonly ScrapeConfig[]): void => this.#useMonitorJobs(jobs);
    this.#monitors = new MonitorFeed({ ...options, onStateChange, prepare, onJobs });
  }

  /** Runs until the signal is aborted; resolves when everything is released. Call it once. */
  async run(signal: AbortSignal): Promise<void> {
    const { metrics, metricLabels = {} } = this.#options;
    const own = new PipelineMetrics(metrics, metricLabels, () => this.#reading());
    // At once, so that a pipeline that takes this one's place can use the same series.
    signal.addEventListener("abort", () => own.clear(), { once: true });
    this.#metrics = own;
    this.#signal = signal;
    if (this.#plan !== undefined) this.#apply(this.#plan, undefined);
    await untilAborted(signal);
    this.#passes.stop();
    this.#monitors.stop();
    await Promise.all([this.#discovery.stop(), this.#collectors.stop(), this.#upkeep.stop()]);
  }

  /**
   * Works out what a {@link reload} of the file needs of its jobs, a few milliseconds at a time, so that the reload itself
   * is short whatever their number. Changes nothing; stops when the signal is aborted.
   */
  async prepare(file: TargetAllocatorFile, signal: AbortSignal): Promise<void> {
    await workInSlices(prepareAllocation(file, this.#plan, this.#prepared), this.#options.clock, signal);
  }

  /**
   * Puts a file in force. What it leaves as it was goes on undisturbed, and what it changes is served as before until
   * the new is known. A file that cannot be used changes nothing: the error is returned, for the caller to log, and
   * is a problem until a usable file comes.
   *
   * @param notes - What the caller cannot put in force of this file: problems as long as the file is in force.
   */
  reload(file: TargetAllocatorFile, notes: readonly AllocationProblem[] = []): Error | undefined {
    const before = this.#plan;
    try {
      const { kubeconfigFile = "" } = this.#options;
      const context = { previous: before, monitorJobs: this.#monitors.jobs, prepared: this.#prepared, kubeconfigFile };
      const plan = planAllocation(file, context);
      // Says now what could not be run later.
      createCollectorSource(plan.collectors, this.#options);
      this.#monitors.check(plan.monitors);
      this.#plan = plan;
    } catch (error) {
      return this.reject(error instanceof Error ? error : new Error(String(error)));
    }
    this.#invalid = undefined;
    this.#notes = notes;
    this.#loadedAtMs = this.#options.clock.now();
    for (const problem of [...this.#plan.problems, ...notes])
      this.#options.log.warn("the configuration has a problem", { ...problem });
    if (this.#signal?.aborted === false) this.#apply(this.#plan, before);
    this.#notify();
    return undefined;
  }

  /** Takes note that the latest file could not even be read. What runs goes on. Returns the error. */
  reject(error: Error): Error {
    this.#invalid = error.message;
    this.#notify();
    return error;
  }

  /** The first complete assignment is done; stays true. */
  get ready(): boolean {
    return this.#ready;
  }

  /** A configuration is in force. */
  get configured(): boolean {
    return this.#plan !== undefined;
  }

  /** The last complete result. */
  snapshot(): AllocationSnapshot {
    return this.#engine.snapshot;
  }

  /** Undefined until configured. */
  scrapeConfigs(): ScrapeConfigBodies | undefined {
    return this.#plan?.scrapeConfigs;
  }

  /** What each of the collectors' receivers is served, by id. Undefined until configured. */
  receivers(): AllocationPlan["receivers"] | undefined {
    return this.#plan?.receivers;
  }

  /**
   * Undefined for a job that is not configured. A job whose discovery has reported, but is not in the served result
   * yet, is still pending: readers must not take its absence for emptiness.
   */
  jobState(job: string): JobState | undefined {
    const discovery = this.#discovery.stateOf(job);
    if (discovery === undefined) return undefined;
    const { state, error } = discovery;
    if (state === "failing") return error === undefined ? { discovery: state } : { discovery: state, error };
    return { discovery: this.#unpublished.has(job) ? "pending" : state };
  }

  problems(): readonly AllocationProblem[] {
    return findProblems(this.#state());
  }

  /** What is still missing until ready, one sentence each; empty once ready. */
  waitingFor(): readonly string[] {
    if (this.#ready) return [];
    const missing = missingInputs(this.#state());
    return missing.length > 0 ? missing : ["the first assignment is not complete yet"];
  }

  summary(): PipelineSummary {
    return summaryOf(this.#state(), this.monitors());
  }

  /** What is known of custom resources of the Prometheus operator; undefined when they are not read. */
  monitors(): MonitorDirectory | undefined {
    const { session } = this.#monitors;
    return session === undefined ? undefined : new MonitorDirectory(session, this.#state());
  }

  /** Explains targets of one job; see {@link JobExplainer}. */
  async explain(query: ExplainQuery, signal: AbortSignal): Promise<ExplainAnswer> {
    return this.#explainer.explain(query, signal);
  }

  /** Calls back when anything that can be read here has changed. Returns the unsubscription. */
  onChange(handler: () => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /** The engine must know the jobs before discovery hands it their groups. */
  #apply(plan: AllocationPlan, before: AllocationPlan | undefined): void {
    this.#engine.configure(plan, (allocator) => this.#discovery.replay(allocator));
    this.#discovery.apply(plan.jobs.map(({ jobName: name, discovery }) => ({ name, discovery })));
    this.#expectJobs(plan, before);
    this.#upkeep.use(plan.strategy);
    this.deliveries.use(plan.handover);
    if (plan.monitors !== before?.monitors) this.#monitors.use(plan.monitors);
    if (!isDeepStrictEqual(plan.collectors, before?.collectors)) this.#useCollectors(plan.collectors);
    this.#passes.trigger();
  }

  #useMonitorJobs(jobs: readonly ScrapeConfig[]): void {
    const before = this.#plan;
    if (before === undefined || this.#signal?.aborted !== false) return;
    this.#plan = withMonitorJobs(before, jobs, this.#prepared);
    this.#apply(this.#plan, before);
  }

  #expectJobs({ jobs }: AllocationPlan, before: AllocationPlan | undefined): void {
    const names = new Set(jobs.map(({ jobName }) => jobName));
    const former = new Set<string>(before?.jobs.map(({ jobName }) => jobName));
    for (const name of this.#unpublished) if (!names.has(name)) this.#unpublished.delete(name);
    for (const name of names) if (!former.has(name)) this.#unpublished.add(name);
  }

  #useCollectors(planned: PlannedCollectors): void {
    const emptyGraceMs = planned.kind === "pods" ? planned.notReadyGraceMs : 0;
    this.#collectors.use({ source: createCollectorSource(planned, this.#options), emptyGraceMs });
  }

  /** A pass may be possible now, or what a job's state is may have to be published. */
  #stateChanged(): void {
    this.#passes.trigger();
    this.#notify();
  }

  /** False when there was nothing to do, or nothing can be done yet. */
  async #pass(): Promise<boolean> {
    const { clock, log } = this.#options;
    const signal = this.#signal;
    const plan = this.#plan;
    if (signal === undefined || (!this.#ready && !hasAllInputs(this.#state()))) return false;
    const known = this.#newlyKnownJobs();
    if (this.#ready && !this.#engine.dirty) {
      this.#publishJobs(known);
      this.#notify();
      return false;
    }
    try {
      const result = await this.#engine.pass(clock, signal);
      // After a reload meanwhile a job of the same name can be another one; the next pass is on its way then.
      if (result !== undefined) this.#publish(result, plan === this.#plan ? known : []);
    } catch (error) {
      // The next pass is that of a new engine. Should that one fail as well, only a change gives hope.
      if (this.#failure === undefined) this.#passes.trigger();
      this.#failure = error instanceof Error ? error : new Error(String(error));
      log.error("a pass broke off", { error });
      this.#notify();
    }
    return true;
  }

  #publish(result: PassResult, known: readonly string[]): void {
    const first = !this.#ready;
    this.#ready = true;
    this.#publishJobs(known);
    this.#failure = undefined;
    this.#upkeep.passed(result);
    this.#metrics?.passed(result, this.#plan?.strategy.name ?? "");
    if (first) {
      const { collectors, jobs, targets, unassigned } = this.summary();
      this.#options.log.info("allocation ready", { collectors, jobs, targets, unassigned });
    }
    this.#notify();
  }

  #newlyKnownJobs(): readonly string[] {
    return [...this.#unpublished].filter((job) => this.#discovery.stateOf(job)?.known === true);
  }

  #publishJobs(known: readonly string[]): void {
    for (const job of known) this.#unpublished.delete(job);
  }

  #state(): PipelineState {
    return {
      plan: this.#plan,
      invalid: this.#invalid,
      notes: this.#notes,
      collectors: this.#collectors,
      weights: this.#upkeep,
      monitors: this.#monitors,
      discovery: this.#discovery,
      snapshot: this.#engine.snapshot,
      ready: this.#ready,
      failure: this.#failure,
    };
  }

  #reading(): PipelineReading {
    return {
      snapshot: this.#engine.snapshot,
      strategy: this.#plan?.strategy.name ?? "",
      collectorsDiscovered: this.#collectors.discovered,
      overlaps: this.deliveries.overlaps,
      problems: () => this.problems(),
      monitors: () => this.monitors()?.kinds() ?? [],
      isFailing: (job) => this.#discovery.stateOf(job)?.state === "failing",
      nowMs: this.#options.clock.now(),
      configurationUsable: this.#invalid === undefined,
      configurationLoadedAtMs: this.#loadedAtMs,
    };
  }

  #notify(): void {
    for (const handler of this.#handlers) handler();
  }
}
