import { describe, expect, it } from "@jest/globals";

import { DiscoveryMetrics } from "../../src/discovery/discovery-metrics.ts";
import { PromClientMetrics } from "../../src/observability/prom-client-metrics.ts";

/** The samples of an exposition whose names begin so, without the buckets of histograms. */
async function samples(metrics: PromClientMetrics, prefix: string): Promise<readonly string[]> {
  const lines = (await metrics.text()).split("\n");
  return lines.filter((line) => line.startsWith(prefix) && !line.includes("_bucket"));
}

describe("DiscoveryMetrics", () => {
  it("shows its counters from the start", async () => {
    const metrics = new PromClientMetrics();
    expect(new DiscoveryMetrics(metrics)).toBeDefined();
    expect(await samples(metrics, "prometheus_sd_")).toEqual([
      "prometheus_sd_azure_failures_total 0",
      "prometheus_sd_http_failures_total 0",
      "prometheus_sd_kuma_fetch_failures_total 0",
      "prometheus_sd_linode_failures_total 0",
      "prometheus_sd_nomad_failures_total 0",
      "prometheus_sd_file_read_errors_total 0",
      "prometheus_sd_file_scan_duration_seconds_sum 0",
      "prometheus_sd_file_scan_duration_seconds_count 0",
      "prometheus_sd_file_watcher_errors_total 0",
      "prometheus_sd_dns_lookups_total 0",
      "prometheus_sd_dns_lookup_failures_total 0",
      "prometheus_sd_consul_rpc_failures_total 0",
      'prometheus_sd_consul_rpc_duration_seconds_sum{endpoint="catalog",call="services"} 0',
      'prometheus_sd_consul_rpc_duration_seconds_count{endpoint="catalog",call="services"} 0',
      'prometheus_sd_consul_rpc_duration_seconds_sum{endpoint="health",call="service"} 0',
      'prometheus_sd_consul_rpc_duration_seconds_count{endpoint="health",call="service"} 0',
      ...["pod", "node", "service", "endpoints", "endpointslice", "ingress"].flatMap((role) =>
        ["add", "update", "delete"].map(
          (event) => `prometheus_sd_kubernetes_events_total{role="${role}",event="${event}"} 0`,
        ),
      ),
      "prometheus_sd_kubernetes_failures_total 0",
      "prometheus_sd_azure_cache_hit_total 0",
    ]);
  });

  it("counts what azure discoverers knew already", async () => {
    const metrics = new PromClientMetrics();
    new DiscoveryMetrics(metrics).azure.cacheHit();
    expect(await samples(metrics, "prometheus_sd_azure_cache")).toEqual(["prometheus_sd_azure_cache_hit_total 1"]);
  });

  it("counts looks by mechanism and job, until they end", async () => {
    const metrics = new PromClientMetrics();
    const observer = new DiscoveryMetrics(metrics).refreshing("http", "web");
    observer.refreshed(0.5, false);
    observer.refreshed(1.5, true);
    expect(await samples(metrics, "prometheus_sd_refresh_")).toEqual([
      'prometheus_sd_refresh_failures_total{mechanism="http",config="web"} 1',
      'prometheus_sd_refresh_duration_seconds_sum{mechanism="http",config="web"} 2',
      'prometheus_sd_refresh_duration_seconds_count{mechanism="http",config="web"} 2',
      'prometheus_sd_refresh_duration_histogram_seconds_sum{mechanism="http"} 2',
      'prometheus_sd_refresh_duration_histogram_seconds_count{mechanism="http"} 2',
    ]);
    expect(await samples(metrics, "prometheus_sd_http_failures_total")).toEqual([
      "prometheus_sd_http_failures_total 1",
    ]);
    observer.ended();
    expect(await samples(metrics, "prometheus_sd_refresh_failures_total")).toEqual([]);
  });

  it("counts failures of HTTP only for HTTP", async () => {
    const metrics = new PromClientMetrics();
    new DiscoveryMetrics(metrics).refreshing("dns", "web").refreshed(1, true);
    expect(await samples(metrics, "prometheus_sd_http_failures_total")).toEqual([
      "prometheus_sd_http_failures_total 0",
    ]);
  });

  it("counts files and lookups", async () => {
    const metrics = new PromClientMetrics();
    const { file, dns } = new DiscoveryMetrics(metrics);
    file.readFailed();
    file.scanned(2);
    file.watchFailed();
    file.modified("/a.yml", 1_700_000_000);
    file.modified("/b.yml", 1_700_000_001);
    file.vanished("/b.yml");
    dns.lookedUp(true);
    dns.lookedUp(false);
    expect(await samples(metrics, "prometheus_sd_file_")).toEqual([
      "prometheus_sd_file_read_errors_total 1",
      "prometheus_sd_file_scan_duration_seconds_sum 2",
      "prometheus_sd_file_scan_duration_seconds_count 1",
      "prometheus_sd_file_watcher_errors_total 1",
      'prometheus_sd_file_mtime_seconds{filename="/a.yml"} 1700000000',
    ]);
    expect(await samples(metrics, "prometheus_sd_dns_")).toEqual([
      "prometheus_sd_dns_lookups_total 2",
      "prometheus_sd_dns_lookup_failures_total 1",
    ]);
  });

  it("counts the queries of consul discoverers by kind", async () => {
    const metrics = new PromClientMetrics();
    const { consul } = new DiscoveryMetrics(metrics);
    consul.asked("agent", 1, true);
    consul.asked("catalog", 2, false);
    consul.asked("health", 3, true);
    expect(await samples(metrics, "prometheus_sd_consul_")).toEqual([
      "prometheus_sd_consul_rpc_failures_total 2",
      'prometheus_sd_consul_rpc_duration_seconds_sum{endpoint="catalog",call="services"} 2',
      'prometheus_sd_consul_rpc_duration_seconds_count{endpoint="catalog",call="services"} 1',
      'prometheus_sd_consul_rpc_duration_seconds_sum{endpoint="health",call="service"} 3',
      'prometheus_sd_consul_rpc_duration_seconds_count{endpoint="health",call="service"} 1',
    ]);
  });
});
