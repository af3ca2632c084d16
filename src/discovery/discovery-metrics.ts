import type { Counter, Histogram, Gauge, Metrics } from "../observability/metrics.ts";
import type { AzureObserver } from "./azure/azure.ts";
import type { ConsulObserver } from "./consul/consul-discoverer.ts";
import type { LookupObserver } from "./dns/dns-discoverer.ts";
import type { FileObserver } from "./file/file-discoverer.ts";
import { createKubernetesObserver, type KubernetesObserver } from "./kubernetes/kubernetes-observer.ts";
import type { RefreshObserver } from "./refresh.ts";

const REFRESH_BUCKETS: readonly number[] = Object.freeze([0.01, 0.1, 1, 10]);

/** Mechanisms whose failed looks have a counter of their own, besides the one of all mechanisms. */
const OWN_FAILURES: Readonly<Record<string, string>> = {
  azure: "prometheus_sd_azure_failures_total",
  http: "prometheus_sd_http_failures_total",
  kuma: "prometheus_sd_kuma_fetch_failures_total",
  linode: "prometheus_sd_linode_failures_total",
  nomad: "prometheus_sd_nomad_failures_total",
};

/**
 * What discoverers count, under Prometheus' names. Registered as a whole at the start, so that counters are seen at 0.
 * What are summaries there are histograms here: `_sum` and `_count` are the same.
 */
export class DiscoveryMetrics {
  readonly #refreshFailures: Counter<"mechanism" | "config">;
  readonly #refreshDuration: Histogram<"mechanism" | "config">;
  readonly #refreshDurationOfAll: Histogram<"mechanism">;
  /** By mechanism. */
  readonly #ownFailures: ReadonlyMap<string, Counter>;
  /** Counts what file discoverers read. */
  readonly file: FileObserver;
  /** Counts what DNS discoverers ask for. */
  readonly dns: LookupObserver;
  /** Counts what consul discoverers ask for. */
  readonly consul: ConsulObserver;
  /** Counts what kubernetes discoverers are told. */
  readonly kubernetes: KubernetesObserver;
  /** Counts what azure discoverers need not ask for. */
  readonly azure: AzureObserver;

  constructor(metrics: Metrics) {
    this.#refreshFailures = metrics.counter({
      name: "prometheus_sd_refresh_failures_total",
      help: "Looks of a discovery mechanism that failed.",
      labelNames: ["mechanism", "config"],
    });
    this.#refreshDuration = metrics.histogram({
      name: "prometheus_sd_refresh_duration_seconds",
      help: "Seconds that one look of a discovery mechanism took, by job.",
      labelNames: ["mechanism", "config"],
      buckets: REFRESH_BUCKETS,
    });
    this.#refreshDurationOfAll = metrics.histogram({
      name: "prometheus_sd_refresh_duration_histogram_seconds",
      help: "Seconds that one look of a discovery mechanism took.",
      labelNames: ["mechanism"],
      buckets: REFRESH_BUCKETS,
    });
    this.#ownFailures = new Map(
      Object.entries(OWN_FAILURES).map(([mechanism, name]) => [mechanism, failureCounter(metrics, mechanism, name)]),
    );
    this.file = fileObserver(metrics);
    this.dns = lookupObserver(metrics);
    this.consul = consulObserver(metrics);
    this.kubernetes = createKubernetesObserver(metrics);
    this.azure = azureObserver(metrics);
  }

  /**
   * Counts the looks of one discoverer.
   *
   * @param mechanism As in the file, without `_sd_configs`.
   * @param job The job that it works for; the first one, when jobs share it.
   */
  refreshing(mechanism: string, job: string): RefreshObserver {
    const labels = { mechanism, config: job };
    return {
      refreshed: (seconds, failed) => {
        this.#refreshDuration.with(labels).observe(seconds);
        this.#refreshDurationOfAll.with({ mechanism }).observe(seconds);
        this.#refreshFailures.with(labels).inc(failed ? 1 : 0);
        if (failed) this.#ownFailures.get(mechanism)?.with({}).inc();
      },
      ended: () => {
        this.#refreshDuration.remove(labels);
        this.#refreshFailures.remove(labels);
      },
    };
  }
}

function failureCounter(metrics: Metrics, mechanism: string, name: string): Counter {
  const counter = metrics.counter({ name, help: `Looks of ${mechanism}_sd_configs that failed.` });
  counter.with({});
  return counter;
}

function fileObserver(metrics: Metrics): FileObserver {
  const readErrors = metrics.counter({
    name: "prometheus_sd_file_read_errors_total",
    help: "Files of file_sd_configs that could not be read or understood.",
  });
  const scans = metrics.histogram({
    name: "prometheus_sd_file_scan_duration_seconds",
    help: "Seconds that reading all files of one file_sd_configs entry took.",
  });
  const watcherErrors = metrics.counter({
    name: "prometheus_sd_file_watcher_errors_total",
    help: "Directories of file_sd_configs that could not be watched.",
  });
  const modified: Gauge<"filename"> = metrics.gauge({
    name: "prometheus_sd_file_mtime_seconds",
    help: "When files of file_sd_configs were modified last, as seen when they were read. Unix time.",
    labelNames: ["filename"],
  });
  for (const family of [readErrors, scans, watcherErrors]) family.with({});
  return {
    readFailed: () => readErrors.with({}).inc(),
    scanned: (seconds) => scans.with({}).observe(seconds),
    watchFailed: () => watcherErrors.with({}).inc(),
    modified: (filename, epochSeconds) => modified.with({ filename }).set(epochSeconds),
    vanished: (filename) => modified.remove({ filename }),
  };
}

function lookupObserver(metrics: Metrics): LookupObserver {
  const lookups = metrics.counter({
    name: "prometheus_sd_dns_lookups_total",
    help: "Names that dns_sd_configs looked up.",
  });
  const failures = metrics.counter({
    name: "prometheus_sd_dns_lookup_failures_total",
    help: "Names that dns_sd_configs got no answer for.",
  });
  for (const family of [lookups, failures]) family.with({});
  return {
    lookedUp: (failed) => {
      lookups.with({}).inc();
      failures.with({}).inc(failed ? 1 : 0);
    },
  };
}

/** What each kind of consul query is counted as. */
const CONSUL_CALLS: Readonly<Record<string, string>> = { catalog: "services", health: "service" };

function consulObserver(metrics: Metrics): ConsulObserver {
  const failures = metrics.counter({
    name: "prometheus_sd_consul_rpc_failures_total",
    help: "Queries of consul_sd_configs that failed.",
  });
  const duration: Histogram<"endpoint" | "call"> = metrics.histogram({
    name: "prometheus_sd_consul_rpc_duration_seconds",
    help: "Seconds that queries of consul_sd_configs took; the server holds them while nothing changes.",
    labelNames: ["endpoint", "call"],
  });
  failures.with({});
  for (const [endpoint, call] of Object.entries(CONSUL_CALLS)) duration.with({ endpoint, call });
  return {
    asked: (endpoint, seconds, failed) => {
      const call = CONSUL_CALLS[endpoint];
      if (call !== undefined) duration.with({ endpoint, call }).observe(seconds);
      failures.with({}).inc(failed ? 1 : 0);
    },
  };
}

function azureObserver(metrics: Metrics): AzureObserver {
  const hits = metrics.counter({
    name: "prometheus_sd_azure_cache_hit_total",
    help: "Network interfaces that azure_sd_configs knew already.",
  });
  hits.with({});
  return { cacheHit: () => hits.with({}).inc() };
}
