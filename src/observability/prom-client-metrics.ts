import {
  collectDefaultMetrics,
  Counter as PromCounter,
  Gauge as PromGauge,
  Histogram as PromHistogram,
  Registry,
} from "prom-client";
import {
  SECONDS_BUCKETS,
  type Counter,
  type CounterSeries,
  type Exposition,
  type Gauge,
  type GaugeSeries,
  type Histogram,
  type HistogramOptions,
  type HistogramSeries,
  type LabelValues,
  type MetricFamily,
  type MetricOptions,
  type Metrics,
} from "./metrics.ts";

/**
 * How often the lag of the event loop is looked at, in milliseconds. Each look wakes the process: at the library's
 * default of 10 that was three quarters of what a process does at rest. What is told includes the time between two looks.
 */
const LAG_PRECISION_MS = 50;

type Kind = "counter" | "gauge" | "histogram";

interface Registered {
  readonly kind: Kind;
  readonly labelNames: readonly string[];
  readonly family: unknown;
}

/** {@link Metrics} on prom-client, with a registry of its own: nothing of it is shared between two instances. */
export class PromClientMetrics implements Metrics, Exposition {
  readonly #registry = new Registry();
  readonly #registered = new Map<string, Registered>();

  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Adds CPU, memory, file descriptors, event loop lag and garbage collection of this process. Call once at most. */
  collectProcessMetrics(): void {
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: LAG_PRECISION_MS });
  }

  counter<L extends string = never>(options: MetricOptions<L>): Counter<L> {
    return this.#once("counter", options, () => {
      const metric = new PromCounter<string>(this.#configuration(options));
      return family(metric, options, (labels): CounterSeries => {
        const series = metric.labels(labels);
        series.inc(0); // shown from the start, so that a first increment is seen as one
        return series;
      });
    });
  }

  gauge<L extends string = never>(options: MetricOptions<L>): Gauge<L> {
    return this.#once("gauge", options, () => {
      const updates = new Set<() => void>();
      const collect = (): void => {
        for (const update of updates) update();
      };
      const metric = new PromGauge<string>({ ...this.#configuration(options), collect });
      const gauge = family(metric, options, (labels): GaugeSeries => {
        const series = metric.labels(labels);
        series.inc(0);
        return series;
      });
      return {
        ...gauge,
        onCollect(update: () => void): () => void {
          updates.add(update);
          return () => updates.delete(update);
        },
      };
    });
  }

  histogram<L extends string = never>(options: HistogramOptions<L>): Histogram<L> {
    return this.#once("histogram", options, () => {
      const buckets = [...(options.buckets ?? SECONDS_BUCKETS)];
      const metric = new PromHistogram<string>({ ...this.#configuration(options), buckets });
      return family(metric, options, (labels): HistogramSeries => {
        metric.zero(labels);
        return metric.labels(labels);
      });
    });
  }

  #configuration<L extends string>({
    name,
    help,
    labelNames = [],
  }: MetricOptions<L>): {
    name: string;
    help: string;
    labelNames: string[];
    registers: Registry[];
  } {
    return { name, help, labelNames: [...labelNames], registers: [this.#registry] };
  }

  /** What is registered under the name; made by `create` the first time. */
  #once<L extends string, F>(kind: Kind, { name, labelNames = [] }: MetricOptions<L>, create: () => F): F {
    const present = this.#registered.get(name);
    if (present === undefined) {
      const created = create();
      this.#registered.set(name, { kind, labelNames, family: created });
      return created;
    }
    if (present.kind !== kind || present.labelNames.join() !== labelNames.join()) {
      throw new Error(
        `registering ${kind} ${name}{${labelNames.join()}}: the name is taken by ${present.kind} ${name}{${present.labelNames.join()}}; choose another name or the same labels`,
      );
    }
    return present.family as F; // same kind and labels: `create` would have made the same type
  }
}

/** The series of a prom-client metric, each made once. */
function family<L extends string, S>(
  metric: { remove(labels: LabelValues<L>): void },
  { labelNames = [] }: MetricOptions<L>,
  create: (labels: LabelValues<L>) => S,
): MetricFamily<L, S> {
  const series = new Map<string, S>();
  const keyOf = (labels: LabelValues<L>): string => labelNames.map((name) => labels[name]).join("\u0000");
  return {
    with(labels) {
      const key = keyOf(labels);
      let found = series.get(key);
      if (found === undefined) {
        found = create(labels);
        series.set(key, found);
      }
      return found;
    },
    remove(labels) {
      if (series.delete(keyOf(labels))) metric.remove(labels);
    },
  };
}
