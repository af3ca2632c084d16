import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "@jest/globals";

import { type DataObject, isMechanism } from "../../src/allocator/index.ts";
import { DiscoveryMetrics } from "../../src/discovery/discovery-metrics.ts";
import { createExternalMechanisms, type ExternalDiscoveryOptions } from "../../src/discovery/external-mechanisms.ts";
import { PromClientMetrics } from "../../src/observability/prom-client-metrics.ts";
import { systemClock } from "../../src/observability/system-clock.ts";
import { eventually } from "../support/eventually.ts";
import { json, type TestServer, TestServers } from "../support/http-servers.ts";
import { RecordingSink } from "../support/recording-sink.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";

const servers = new TestServers();
const makeDirectory = temporaryDirectories();

interface Discovery {
  readonly mechanism: string;
  readonly settings: DataObject;
  readonly options?: Partial<ExternalDiscoveryOptions>;
}

/** Runs a mechanism until it has reported anything. */
async function discover({
  mechanism,
  settings,
  options = {},
}: Discovery): Promise<{ sink: RecordingSink; metrics: string }> {
  const metrics = new PromClientMetrics();
  const mechanisms = createExternalMechanisms({
    clock: systemClock,
    metrics: new DiscoveryMetrics(metrics),
    proxyEnvironment: { httpProxy: "", httpsProxy: "", noProxy: "" },
    ...options,
  });
  const [, create] = mechanisms.find(([name]) => name === mechanism) ?? [];
  if (create === undefined) throw new Error(`no mechanism ${mechanism}`);
  const [sink, stop] = [new RecordingSink(), new AbortController()];
  const done = create({ mechanism, settings, canonicalKey: "" }, "web").run(sink, stop.signal);
  const look = (): void => {
    if (sink.updates.length + sink.failures.length === 0) throw new Error("nothing was reported");
  };
  await eventually(look, { everyMs: 5 });
  const text = await metrics.text();
  stop.abort();
  await done;
  return { sink, metrics: text };
}

describe("createExternalMechanisms", () => {
  it("has file_sd_configs", async () => {
    const path = join(makeDirectory(), "a.json");
    writeFileSync(path, '[{"targets": ["a:1"]}]');
    const { sink, metrics } = await discover({
      mechanism: "file",
      settings: { files: [path], refresh_interval: "5m" },
    });
    expect(sink.sources).toEqual([[`${path}:0`]]);
    expect(metrics).toContain("prometheus_sd_file_scan_duration_seconds_count 1");
  });

  it("has http_sd_configs", async () => {
    const { url } = await servers.start(json([{ targets: ["a:1"] }]));
    const { sink, metrics } = await discover({ mechanism: "http", settings: { url, refresh_interval: "1m" } });
    expect(sink.sources).toEqual([[`${url}:0`]]);
    expect(metrics).toContain('prometheus_sd_refresh_duration_seconds_count{mechanism="http",config="web"} 1');
  });

  it("has dns_sd_configs", async () => {
    // An empty list of names asks nobody.
    const settings = { names: [], type: "A", port: 80, refresh_interval: "30s" };
    const { sink, metrics } = await discover({ mechanism: "dns", settings });
    expect(sink.updates).toEqual([[]]);
    expect(metrics).toContain('prometheus_sd_refresh_failures_total{mechanism="dns",config="web"} 0');
  });

  it("has consul_sd_configs, loaded when a job uses it", async () => {
    const { port } = await servers.start(json([]));
    const server = `127.0.0.1:${String(port)}`;
    const settings = { server, scheme: "http", datacenter: "a", services: ["web"], refresh_interval: "1m" };
    const { sink, metrics } = await discover({ mechanism: "consul", settings });
    expect(sink.sources).toEqual([["web"]]);
    expect(metrics).toContain('prometheus_sd_consul_rpc_duration_seconds_count{endpoint="health",call="service"} 1');
  });

  it.each<{ mechanism: string; settings: DataObject }>([
    { mechanism: "digitalocean", settings: { role: "droplets" } },
    { mechanism: "docker", settings: { host: "http://sd.example.com", filters: [] } },
    { mechanism: "dockerswarm", settings: { host: "http://sd.example.com", filters: [], role: "nodes" } },
    {
      mechanism: "ec2",
      settings: { region: "r", endpoint: "http://sd.example.com", access_key: "a", secret_key: "s", filters: [] },
    },
    { mechanism: "eureka", settings: { server: "http://sd.example.com" } },
    { mechanism: "hetzner", settings: { role: "robot" } },
    { mechanism: "ionos", settings: { datacenter_id: "a" } },
    { mechanism: "kuma", settings: { server: "http://sd.example.com", fetch_timeout: "2m" } },
    { mechanism: "linode", settings: {} },
    { mechanism: "marathon", settings: { servers: ["http://sd.example.com"] } },
    { mechanism: "nomad", settings: { server: "http://sd.example.com" } },
    { mechanism: "outscale", settings: { endpoint: "http://sd.example.com", region: "r", access_key: "a" } },
    { mechanism: "puppetdb", settings: { url: "http://sd.example.com", query: "q" } },
    { mechanism: "scaleway", settings: { api_url: "http://sd.example.com", role: "instance" } },
    { mechanism: "stackit", settings: { endpoint: "http://sd.example.com", project: "a" } },
    { mechanism: "uyuni", settings: { server: "http://sd.example.com", username: "a", password: "b" } },
    { mechanism: "vultr", settings: {} },
  ])("loads $mechanism when a job uses it", async ({ mechanism, settings }) => {
    // A proxy that refuses everything keeps the test on this machine.
    const proxy = await servers.start(json({}, 403));
    const { sink, metrics } = await discover({
      mechanism,
      settings: { ...settings, refresh_interval: "1m", port: 80, proxy_url: proxy.url },
    });
    expect(sink.updates).toEqual([]);
    expect(sink.failing).toMatch(/^(GET|POST) https?:\/\//);
    expect(metrics).toContain(`prometheus_sd_refresh_failures_total{mechanism="${mechanism}",config="web"} 1`);
  });

  it.each<{ mechanism: string; settings: (server: TestServer) => DataObject }>([
    {
      mechanism: "openstack",
      settings: ({ url }) => ({ identity_endpoint: url, userid: "a", password: "b", role: "instance", region: "r" }),
    },
    { mechanism: "ovhcloud", settings: ({ url }) => ({ endpoint: url, service: "vps" }) },
    { mechanism: "triton", settings: ({ port }) => ({ endpoint: "127.0.0.1", role: "cn", port, version: 1 }) },
  ])("loads $mechanism, which has no proxies, when a job uses it", async ({ mechanism, settings }) => {
    const server = await servers.start(json({}, 403));
    const { sink, metrics } = await discover({
      mechanism,
      settings: { refresh_interval: "1m", port: 80, ...settings(server) },
    });
    expect(sink.updates).toEqual([]);
    expect(sink.failing).toMatch(/^(GET|POST) https?:\/\/127\.0\.0\.1/);
    expect(metrics).toContain(`prometheus_sd_refresh_failures_total{mechanism="${mechanism}",config="web"} 1`);
  });

  it.each(["nerve", "serverset"])("loads %s when a job uses it", async (mechanism) => {
    const { port } = await servers.start(json({}));
    const settings = { servers: [`127.0.0.1:${String(port)}`], paths: ["/a"], timeout: "10s" };
    const { sink } = await discover({ mechanism, settings });
    expect(sink.failing).toContain(`ZooKeeper 127.0.0.1:${String(port)}: `);
  });

  it("has every mechanism that Prometheus has, besides those that need no outside", () => {
    const known = `aws azure consul digitalocean dns docker dockerswarm ec2 ecs elasticache eureka file gce hetzner http
      ionos kuma lightsail linode marathon msk nerve nomad openstack outscale ovhcloud puppetdb rds scaleway serverset
      stackit triton uyuni vultr`.split(/\s+/);
    expect(known.filter((mechanism) => !isMechanism(mechanism))).toEqual([]);
    const mechanisms = createExternalMechanisms({
      clock: systemClock,
      metrics: new DiscoveryMetrics(new PromClientMetrics()),
      proxyEnvironment: { httpProxy: "", httpsProxy: "", noProxy: "" },
    });
    expect(mechanisms.map(([mechanism]) => mechanism).toSorted()).toEqual(known);
  });

  it("has the roles of aws, each as its own mechanism", async () => {
    const proxy = await servers.start(json({}, 403));
    const { sink, metrics } = await discover({
      mechanism: "aws",
      settings: {
        role: "ec2",
        region: "r",
        endpoint: "http://sd.example.com",
        access_key: "a",
        secret_key: "s",
        proxy_url: proxy.url,
      },
    });
    expect(sink.failing).toMatch(/^POST http:\/\/sd\.example\.com\/: HTTP 403/);
    expect(metrics).toContain('prometheus_sd_refresh_failures_total{mechanism="ec2",config="web"} 1');
  });

  it.each<{ mechanism: string; settings: DataObject }>([
    { mechanism: "aws", settings: { role: "ec2" } },
    { mechanism: "azure", settings: { environment: "AzurePublicCloud", authentication_method: "SDK" } },
    { mechanism: "ec2", settings: {} },
    { mechanism: "gce", settings: { project: "a", zone: "b" } },
  ])("lets no job of $mechanism use the identity of the process where files are refused", async (job) => {
    const mechanisms = createExternalMechanisms({
      clock: systemClock,
      metrics: new DiscoveryMetrics(new PromClientMetrics()),
      proxyEnvironment: { httpProxy: "", httpsProxy: "", noProxy: "" },
      noFiles: "not here",
    });
    const [, create] = mechanisms.find(([name]) => name === job.mechanism) ?? [];
    const settings = { refresh_interval: "1m", port: 80, ...job.settings };
    const discoverer = create?.({ mechanism: job.mechanism, settings, canonicalKey: "" }, "web");
    await expect(discoverer?.run(new RecordingSink(), new AbortController().signal)).rejects.toThrow("not here");
  });

  it("takes proxies from the environment that it is given", async () => {
    const proxy = await servers.start(json([]));
    const settings = { url: "http://sd.example.com/", refresh_interval: "1m", proxy_from_environment: true };
    const proxyEnvironment = { httpProxy: proxy.url, httpsProxy: "", noProxy: "" };
    await discover({ mechanism: "http", settings, options: { proxyEnvironment } });
    expect(proxy.requests.map(({ url }) => url)).toEqual(["http://sd.example.com/"]);
  });

  it("takes them for ovhcloud_sd_configs without being told to, whose endpoints have names", async () => {
    // It passes nothing on, which keeps the test on this machine.
    const proxy = await servers.start(json({}));
    const { sink } = await discover({
      mechanism: "ovhcloud",
      settings: { endpoint: "ovh-eu", service: "vps", refresh_interval: "1m" },
      options: { proxyEnvironment: { httpProxy: "", httpsProxy: proxy.url, noProxy: "" } },
    });
    expect(sink.failing).toContain(`GET https://eu.api.ovh.com/1.0/auth/time through the proxy ${proxy.url}: `);
  });

  it.each<{ mechanism: string; settings: DataObject; says: string }>([
    { mechanism: "file", settings: { files: ["/a.json"], refresh_interval: "5m" }, says: "file_sd_configs: not here" },
    {
      mechanism: "http",
      settings: { url: "http://127.0.0.1:1/", refresh_interval: "1m", authorization: { credentials_file: "/token" } },
      says: "GET http://127.0.0.1:1/: reading authorization.credentials_file /token: not here",
    },
    {
      mechanism: "http",
      settings: { url: "https://127.0.0.1:1/", refresh_interval: "1m", tls_config: { ca_file: "/ca" } },
      says: "GET https://127.0.0.1:1/: reading tls_config.ca_file /ca: not here",
    },
    {
      mechanism: "outscale",
      settings: { endpoint: "http://127.0.0.1:1", refresh_interval: "1m", secret_key_file: "/key" },
      says: "reading outscale_sd_configs.secret_key_file /key",
    },
    {
      mechanism: "stackit",
      settings: { endpoint: "http://127.0.0.1:1", refresh_interval: "1m", service_account_key_path: "/key" },
      says: "reading stackit_sd_configs.service_account_key_path /key",
    },
  ])("lets no job read files where that is refused: $says", async ({ mechanism, settings, says }) => {
    const { sink } = await discover({ mechanism, settings, options: { noFiles: "not here" } });
    expect([sink.updates, sink.failing]).toEqual([[], says]);
  });
});
