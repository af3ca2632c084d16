import type { Clock } from "../../observability/clock.ts";
import type { CounterSeries, Gauge, HistogramSeries, MetricOptions, Metrics } from "../../observability/metrics.ts";
import type { WorkQueueObserver } from "./work-queue.ts";

const LABELS = ["name", "controller"] as const;
type QueueLabel = (typeof LABELS)[number];

/**
 * The `workqueue_*` metrics of one queue, under the names of client-go and the labels of controller-runtime, so that
 * existing dashboards and alerts read them.
 */
export class WorkQueueMetrics implements WorkQueueObserver {
  readonly #clock: Clock;
  readonly #labels: Readonly<Record<QueueLabel, string>>;
  readonly #adds: CounterSeries;
  readonly #retries: CounterSeries;
  readonly #queueDuration: HistogramSeries;
  readonly #workDuration: HistogramSeries;
  readonly #depth: Gauge<QueueLabel>;
  readonly #unfinished: Gauge<QueueLabel>;
  readonly #longest: Gauge<QueueLabel>;
  /** Monotonic times by key. */
  readonly #addedAt = new Map<string, number>();
  readonly #takenAt = new Map<string, number>();

  constructor(name: string, metrics: Metrics, clock: Clock) {
    const labels = { name, controller: name };
    this.#clock = clock;
    this.#labels = labels;
    this.#adds = metrics.counter(named("adds_total", "Keys that became due")).with(labels);
    this.#retries = metrics.counter(named("retries_total", "Keys put back after a failure")).with(labels);
    this.#queueDuration = metrics
      .histogram(named("queue_duration_seconds", "Time from a key's being due until a worker takes it"))
      .with(labels);
    this.#workDuration = metrics
      .histogram(named("work_duration_seconds", "Time for which a worker holds a key"))
      .with(labels);
    this.#depth = metrics.gauge(named("depth", "Keys that are due and not taken"));
    this.#unfinished = metrics.gauge(
      named("unfinished_work_seconds", "Sum of the ages of all work in progress; grows while workers are stuck"),
    );
    this.#longest = metrics.gauge(
      named("longest_running_processor_seconds", "Age of the oldest work in progress; grows while a worker is stuck"),
    );
  }

  /** Starts to show the present state in each exposition. Returns the end of it. */
  observe(): () => void {
    return this.#depth.onCollect(() => {
      const now = this.#clock.monotonic();
      const ages = [...this.#takenAt.values()].map((takenAt) => (now - takenAt) / 1_000);
      this.#depth.with(this.#labels).set(this.#addedAt.size);
      this.#unfinished.with(this.#labels).set(ages.reduce((sum, age) => sum + age, 0));
      this.#longest.with(this.#labels).set(Math.max(0, ...ages));
    });
  }

  added(key: string): void {
    this.#adds.inc();
    this.#addedAt.set(key, this.#clock.monotonic());
  }

  taken(key: string): void {
    const now = this.#clock.monotonic();
    this.#queueDuration.observe((now - (this.#addedAt.get(key) ?? now)) / 1_000);
    this.#addedAt.delete(key);
    this.#takenAt.set(key, now);
  }

  done(key: string): void {
    const now = this.#clock.monotonic();
    this.#workDuration.observe((now - (this.#takenAt.get(key) ?? now)) / 1_000);
    this.#takenAt.delete(key);
  }

  retried(): void {
    this.#retries.inc();
  }

  cleared(): void {
    this.#addedAt.clear();
  }
}

function named(suffix: string, help: string): MetricOptions<QueueLabel> {
  return { name: `workqueue_${suffix}`, help, labelNames: LABELS };
}
