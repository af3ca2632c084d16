import type {
  CounterSeries,
  GaugeSeries,
  HistogramSeries,
  MetricOptions,
  Metrics,
} from "../../observability/metrics.ts";

/** How a pass ended, as the `result` label of `controller_runtime_reconcile_total`. */
type PassResult = "success" | "requeue_after" | "error";

const PASS_RESULTS: readonly PassResult[] = ["success", "requeue_after", "error"];

/**
 * The `controller_runtime_*` metrics of one controller, under controller-runtime's names, so that existing dashboards
 * and alerts read them.
 */
export interface ControllerMetrics {
  readonly total: Readonly<Record<PassResult, CounterSeries>>;
  readonly errors: CounterSeries;
  readonly terminalErrors: CounterSeries;
  /** Seconds. */
  readonly duration: HistogramSeries;
  readonly activeWorkers: GaugeSeries;
  readonly maxWorkers: GaugeSeries;
}

export function createControllerMetrics(controller: string, metrics: Metrics): ControllerMetrics {
  const total = metrics.counter({
    name: "controller_runtime_reconcile_total",
    help: "Passes by their end",
    labelNames: ["controller", "result"],
  });
  const series = PASS_RESULTS.map((result) => [result, total.with({ controller, result })]);
  const labels = { controller };
  return {
    total: Object.fromEntries(series) as Record<PassResult, CounterSeries>,
    errors: metrics.counter(named("reconcile_errors_total", "Passes that ended in an error")).with(labels),
    terminalErrors: metrics
      .counter(named("terminal_reconcile_errors_total", "Passes that ended in an error that is not retried"))
      .with(labels),
    duration: metrics.histogram(named("reconcile_time_seconds", "How long a pass takes")).with(labels),
    activeWorkers: metrics.gauge(named("active_workers", "Passes that run now")).with(labels),
    maxWorkers: metrics.gauge(named("max_concurrent_reconciles", "Passes that may run at once")).with(labels),
  };
}

function named(suffix: string, help: string): MetricOptions<"controller"> {
  return { name: `controller_runtime_${suffix}`, help, labelNames: ["controller"] };
}
