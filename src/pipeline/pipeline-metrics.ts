import type { AllocationSnapshot, JobCounts } from "../allocator/index.ts";
import type { Counter, Histogram, Metrics } from "../observability/metrics.ts";
import type { AllocationProblem } from "./allocation-problem.ts";
import { DiscoveryManagerMetrics } from "./discovery-manager-metrics.ts";
import { HANDOVER_ENDS, type HandoverEnd } from "./handover.ts";
import { MirroredGauge, type Row, type SeriesLabels } from "./mirrored-gauge.ts";
import type { MonitorKindSummary } from "./monitor-directory.ts";
import type { PassResult } from "./replaceable-engine.ts";

/** What is told of a pipeline at the moment of an exposition. */
export interface PipelineReading {
  readonly snapshot: AllocationSnapshot;
  readonly strategy: string;
  readonly collectorsDiscovered: number;
  /** Targets that are with two collectors, because they are being handed over. */
  readonly overlaps: number;
  readonly problems: () => readonly AllocationProblem[];
  readonly monitors: () => readonly MonitorKindSummary[];
  /** Whether discovery of the job fails now. */
  readonly isFailing: (job: string) => boolean;
  /** Wall clock. */
  readonly nowMs: number;
  /** The latest configuration that was read is in force. */
  readonly configurationUsable: boolean;
  /** When the configuration in force was read; undefined when there is none. */
  readonly configurationLoadedAtMs: number | undefined;
}

/**
 * The metrics of one pipeline, under the names of the Go target allocator. Gauges are read when they are exposed, so
 * they are exact at any time and have no series for what no longer exists.
 */
export class PipelineMetrics {
  readonly #base: SeriesLabels;
  readonly #mirrors: readonly MirroredGauge[];
  readonly #timeToAllocate: Histogram<string>;
  readonly #processTargets: Histogram<string>;
  readonly #processJob: Histogram<string>;
  readonly #moved: Counter<string>;
  readonly #handover: Histogram<string>;
  readonly #discovery: DiscoveryManagerMetrics;
  readonly #read: () => PipelineReading;
  readonly #timedJobs = new Set<string>();
  readonly #removals = new Map<string, () => void>();

  /** @param base - Labels that every series has too: what tells the pipelines of one process apart. */
  constructor(metrics: Metrics, base: SeriesLabels, read: () => PipelineReading) {
    this.#base = base;
    this.#read = read;
    this.#discovery = new DiscoveryManagerMetrics(metrics, base, read);
    const own = Object.keys(base);
    this.#mirrors = GAUGES.map(({ rows, labelNames, ...options }) => {
      const gauge = metrics.gauge<string>({ ...options, labelNames: [...own, ...labelNames] });
      return new MirroredGauge(gauge, base, () => rows(read()));
    });
    this.#timeToAllocate = metrics.histogram<string>({
      name: "opentelemetry_allocator_time_to_allocate",
      help: "Seconds from the start of a pass to its result, by what made it necessary.",
      labelNames: [...own, "method", "strategy"],
    });
    this.#processTargets = metrics.histogram<string>({
      name: "opentelemetry_allocator_process_targets_duration_seconds",
      help: "Seconds that a pass with changed targets took, allocation included.",
      labelNames: own,
    });
    this.#processJob = metrics.histogram<string>({
      name: "opentelemetry_allocator_process_target_groups_duration_seconds",
      help: "Seconds that a pass took for the changed targets of the job.",
      labelNames: [...own, "job_name"],
    });
    this.#handover = metrics.histogram<string>({
      name: "opentelemetry_allocator_handover_duration_seconds",
      help: "Seconds that a target which moved was with two collectors, by how that ended.",
      labelNames: [...own, "end"],
      buckets: HANDOVER_BUCKETS,
    });
    this.#moved = metrics.counter<string>({
      name: "opentelemetry_allocator_targets_moved_total",
      help: "Targets that went from one collector to another.",
      labelNames: own,
    });
  }

  /** Counts a target that was with two collectors for so many seconds. */
  handedOver(end: HandoverEnd, seconds: number): void {
    this.#handover.with({ ...this.#base, end }).observe(seconds);
  }

  /** Counts groups of one source that have arrived. */
  received(): void {
    this.#discovery.received();
  }

  /** Counts the part of a pass that was about the targets of one job. */
  worked(job: string, seconds: number): void {
    this.#timedJobs.add(job);
    this.#processJob.with({ ...this.#base, job_name: job }).observe(seconds);
    this.#discovery.worked(job);
  }

  /** Counts a pass. */
  passed({ method, seconds, processed, moved }: PassResult, strategy: string): void {
    const labels = { ...this.#base, method, strategy };
    this.#timeToAllocate.with(labels).observe(seconds);
    this.#removals.set(`${method} ${strategy}`, () => this.#timeToAllocate.remove(labels));
    if (processed > 0) this.#processTargets.with(this.#base).observe(seconds);
    this.#moved.with(this.#base).inc(moved);
    this.#discovery.passed();
    const { jobs } = this.#read().snapshot;
    for (const job of this.#timedJobs) if (!jobs.has(job)) this.#forget(job);
  }

  /** Removes every series. */
  clear(): void {
    for (const mirror of this.#mirrors) mirror.close();
    for (const remove of this.#removals.values()) remove();
    for (const job of this.#timedJobs) this.#forget(job);
    this.#discovery.clear();
    this.#processTargets.remove(this.#base);
    this.#moved.remove(this.#base);
    for (const end of HANDOVER_ENDS) this.#handover.remove({ ...this.#base, end });
  }

  #forget(job: string): void {
    this.#timedJobs.delete(job);
    this.#processJob.remove({ ...this.#base, job_name: job });
  }
}

/** From a quick poll to two intervals of half a minute. */
const HANDOVER_BUCKETS: readonly number[] = [1, 2, 5, 10, 20, 30, 45, 60, 120];

/** A gauge and how its rows follow from a reading; a row's labels come on top of those of the pipeline. */
interface GaugeDefinition {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly rows: (reading: PipelineReading) => Iterable<Row>;
}

const sumOf = ({ jobs }: AllocationSnapshot, count: (job: JobCounts) => number): number =>
  [...jobs.values()].reduce((sum, { counts }) => sum + count(counts), 0);

/**
 * Upstream keeps the last value of a gauge for ever, counts what it has left over only when there is some, and shows
 * one number for what was found and what was kept; here every number is read from the result that is served.
 */
const GAUGES: readonly GaugeDefinition[] = [
  {
    name: "opentelemetry_allocator_targets",
    help: "Targets that discovery has found for the job, before relabelling and de-duplication.",
    labelNames: ["job_name"],
    rows: ({ snapshot }) =>
      [...snapshot.jobs.values()].map(({ name, counts }) => [{ job_name: name }, counts.discovered]),
  },
  {
    name: "opentelemetry_allocator_job_targets",
    help: "Targets of the job by what became of them; the states add up to opentelemetry_allocator_targets.",
    labelNames: ["job_name", "state"],
    rows: ({ snapshot }) =>
      [...snapshot.jobs.values()].flatMap(({ name, counts }) =>
        (["assigned", "unassigned", "dropped", "duplicates"] as const).map((state): Row => [
          { job_name: name, state },
          counts[state],
        ]),
      ),
  },
  {
    name: "opentelemetry_allocator_targets_overlapping",
    help: "Targets that are with two collectors, because their new owner has not fetched them yet.",
    labelNames: [],
    rows: ({ overlaps }) => [[{}, overlaps]],
  },
  {
    name: "opentelemetry_allocator_targets_remaining",
    help: "Targets that relabelling has kept, before de-duplication.",
    labelNames: [],
    rows: ({ snapshot }) => [[{}, sumOf(snapshot, ({ discovered, dropped }) => discovered - dropped)]],
  },
  {
    name: "opentelemetry_allocator_targets_unassigned",
    help: "Targets that no collector has.",
    labelNames: [],
    rows: ({ snapshot }) => [[{}, sumOf(snapshot, ({ unassigned }) => unassigned)]],
  },
  {
    name: "opentelemetry_allocator_targets_per_collector",
    help: "Targets that the collector has, over all jobs.",
    labelNames: ["collector_name", "strategy"],
    rows: ({ snapshot, strategy }) =>
      [...snapshot.targetsByCollector].map(([name, targets]) => [{ collector_name: name, strategy }, targets]),
  },
  {
    name: "opentelemetry_allocator_collectors_allocatable",
    help: "Collectors that targets are given to.",
    labelNames: ["strategy"],
    rows: ({ snapshot, strategy }) => [[{ strategy }, snapshot.collectors.length]],
  },
  {
    name: "opentelemetry_allocator_collectors_discovered",
    help: "Collectors that are there now.",
    labelNames: [],
    rows: ({ collectorsDiscovered }) => [[{}, collectorsDiscovered]],
  },
  {
    name: "opentelemetry_allocator_jobs_rejected",
    help: "Jobs of the configuration that are not served, because a collector would refuse them.",
    labelNames: [],
    rows: ({ problems }) => [[{}, countOf(problems(), "JobRejected")]],
  },
  {
    name: "opentelemetry_allocator_jobs_without_credentials",
    help: "Jobs whose credentials collectors are not given, because plain HTTP must not show them.",
    labelNames: [],
    rows: ({ problems }) => [[{}, countOf(problems(), "CredentialsWithheld")]],
  },
  {
    name: "opentelemetry_allocator_monitors",
    help: "Custom resources of the Prometheus operator by what became of them. Refused ones are no part of selected.",
    labelNames: ["kind", "outcome"],
    rows: ({ monitors }) =>
      monitors().flatMap(({ kind, found, selected, refused }): readonly Row[] => [
        [{ kind, outcome: "selected" }, selected - refused],
        [{ kind, outcome: "refused" }, refused],
        [{ kind, outcome: "unselected" }, found - selected],
      ]),
  },
  {
    name: "opentelemetry_allocator_discovery_failing",
    help: "1 while the latest attempt to discover targets of the job has failed.",
    labelNames: ["job_name"],
    rows: ({ snapshot, isFailing }) =>
      [...snapshot.jobs.keys()].map((job) => [{ job_name: job }, isFailing(job) ? 1 : 0]),
  },
  {
    name: "opentelemetry_allocator_config_last_reload_successful",
    help: "1 while the latest configuration that was read is in force; 0 while one before it is.",
    labelNames: [],
    rows: ({ configurationUsable }) => [[{}, configurationUsable ? 1 : 0]],
  },
  {
    name: "opentelemetry_allocator_config_last_reload_success_timestamp_seconds",
    help: "When the configuration in force was read. Unix time.",
    labelNames: [],
    rows: ({ configurationLoadedAtMs: ms }) => (ms === undefined ? [] : [[{}, ms / 1_000]]),
  },
];

function countOf(problems: readonly AllocationProblem[], wanted: AllocationProblem["reason"]): number {
  return problems.filter(({ reason }) => reason === wanted).length;
}
