/** The value of every label of a metric. */
export type LabelValues<L extends string> = Readonly<Record<L, string>>;

/** What a metric is called and what it is told apart by. */
export interface MetricOptions<L extends string = never> {
  /** Prometheus name with its unit, such as `workqueue_depth`; counters end in `_total`. */
  readonly name: string;
  /** One sentence for whoever reads the exposition. */
  readonly help: string;
  /** Each combination of values is a series of its own: keep them few. @default none */
  readonly labelNames?: readonly L[];
}

export interface HistogramOptions<L extends string = never> extends MetricOptions<L> {
  /** Upper bounds, ascending. @default SECONDS_BUCKETS */
  readonly buckets?: readonly number[];
}

/** Bounds for durations in seconds, from a cached answer (1 ms) to something that is stuck (a minute). */
export const SECONDS_BUCKETS: readonly number[] = Object.freeze([
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
]);

/** One series of a counter. */
export interface CounterSeries {
  /** @param by - Not negative. @default 1 */
  inc(by?: number): void;
}

/** One series of a gauge. */
export interface GaugeSeries {
  set(value: number): void;
  inc(by?: number): void;
  dec(by?: number): void;
}

/** One series of a histogram. */
export interface HistogramSeries {
  observe(value: number): void;
}

/** The series of one name. */
export interface MetricFamily<L extends string, S> {
  /**
   * The series of these label values. It exists, and is shown, from now on. Keep it where it is used often: looking it
   * up costs more than counting.
   */
  with(labels: LabelValues<L>): S;
  /** Shows the series no longer; what held it starts a new one with its next `with`. */
  remove(labels: LabelValues<L>): void;
}

export type Counter<L extends string = never> = MetricFamily<L, CounterSeries>;
export type Histogram<L extends string = never> = MetricFamily<L, HistogramSeries>;

export interface Gauge<L extends string = never> extends MetricFamily<L, GaugeSeries> {
  /**
   * Calls back just before each exposition, for values that are cheaper to read then than to keep current. Must not
   * throw. Returns the unsubscription.
   */
  onCollect(update: () => void): () => void;
}

/**
 * Where components register what they count. Registering a name again gives the same metric, so that every controller
 * can ask for `controller_runtime_reconcile_total`; with another kind or other labels it throws.
 */
export interface Metrics {
  counter<L extends string = never>(options: MetricOptions<L>): Counter<L>;
  gauge<L extends string = never>(options: MetricOptions<L>): Gauge<L>;
  histogram<L extends string = never>(options: HistogramOptions<L>): Histogram<L>;
}

/** What the metrics route serves. */
export interface Exposition {
  /** The Content-Type of {@link text}. */
  readonly contentType: string;
  /** Everything registered, in the Prometheus text format. */
  text(): Promise<string>;
}
