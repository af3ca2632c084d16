import type { AllocationSnapshot } from "../allocator/index.ts";
import type { Counter, CounterSeries, Metrics } from "../observability/metrics.ts";
import { MirroredGauge, type Row, type SeriesLabels } from "./mirrored-gauge.ts";

/** What is told of discovery at the moment of an exposition. */
export interface DiscoveryReading {
  readonly snapshot: AllocationSnapshot;
  readonly isFailing: (job: string) => boolean;
  /** Wall clock. */
  readonly nowMs: number;
}

/**
 * What Prometheus counts of its discovery manager, under its names. Where Prometheus has one manager without a name, a
 * process with several pipelines has one for each.
 */
export class DiscoveryManagerMetrics {
  readonly #base: SeriesLabels;
  readonly #read: () => DiscoveryReading;
  readonly #mirrors: readonly MirroredGauge[];
  readonly #counters: readonly Counter<string>[];
  readonly #received: CounterSeries;
  readonly #sent: CounterSeries;
  /** When the targets of a job were taken up last, in seconds since the epoch. */
  readonly #updated = new Map<string, number>();

  /** @param labels - What tells the pipelines of one process apart; `name` is empty when it is not among them. */
  constructor(metrics: Metrics, labels: SeriesLabels, read: () => DiscoveryReading) {
    const base = { name: "", ...labels };
    const own = Object.keys(base);
    this.#base = base;
    this.#read = read;
    const gauge = (name: string, help: string, labelNames: readonly string[], rows: () => readonly Row[]) =>
      new MirroredGauge(metrics.gauge<string>({ name, help, labelNames: [...own, ...labelNames] }), base, rows);
    this.#mirrors = [
      gauge("prometheus_sd_discovered_targets", "Targets that discovery has found for the job.", ["config"], () =>
        [...read().snapshot.jobs.values()].map(({ name, counts }) => [{ config: name }, counts.discovered]),
      ),
      gauge("prometheus_sd_failed_configs", "Jobs whose discovery fails and of which nothing is known.", [], () => [
        [{}, this.#failed()],
      ]),
      gauge(
        "prometheus_sd_last_update_timestamp_seconds",
        "When changed targets of the job were taken up last. Unix time.",
        ["config"],
        () => this.#lastUpdates(),
      ),
    ];
    const received = metrics.counter<string>({
      name: "prometheus_sd_received_updates_total",
      help: "Updates that discoverers have sent, for each job that uses them.",
      labelNames: own,
    });
    const sent = metrics.counter<string>({
      name: "prometheus_sd_updates_total",
      help: "Passes that have taken up what discovery and the configuration had changed.",
      labelNames: own,
    });
    this.#counters = [received, sent];
    this.#received = received.with(base);
    this.#sent = sent.with(base);
  }

  /** Counts an update of a discoverer. */
  received(): void {
    this.#received.inc();
  }

  /** Takes note that changed targets of a job have been taken up. */
  worked(job: string): void {
    this.#updated.set(job, this.#read().nowMs / 1_000);
  }

  /** Counts a pass. */
  passed(): void {
    this.#sent.inc();
  }

  /** Removes every series. */
  clear(): void {
    for (const mirror of this.#mirrors) mirror.close();
    for (const counter of this.#counters) counter.remove(this.#base);
  }

  #failed(): number {
    const { snapshot, isFailing } = this.#read();
    return [...snapshot.jobs.values()].filter(({ name, counts }) => counts.discovered === 0 && isFailing(name)).length;
  }

  #lastUpdates(): readonly Row[] {
    const { jobs } = this.#read().snapshot;
    for (const job of this.#updated.keys()) if (!jobs.has(job)) this.#updated.delete(job);
    return [...this.#updated].map(([config, seconds]) => [{ config }, seconds]);
  }
}
