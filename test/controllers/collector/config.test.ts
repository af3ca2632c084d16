import { describe, expect, it } from "@jest/globals";

import { withOperatorDefaults } from "../../../src/api/opentelemetry/default.ts";
import type { CollectorConfig } from "../../../src/api/opentelemetry/v1beta1.ts";
import { configHash, renderCollectorConfig } from "../../../src/controllers/collector/config/config-text.ts";
import { findMetricsPort } from "../../../src/controllers/collector/config/metrics-port.ts";
import { findPorts } from "../../../src/controllers/collector/config/ports.ts";
import { readScrapeSection } from "../../../src/controllers/collector/config/scrape-section.ts";
import { withAllocatorAccess } from "../../../src/controllers/collector/config/target-allocator-rewrite.ts";
import { collector, receiving } from "../../support/collectors.ts";

const ACCESS = { endpoint: "http://main-targetallocator:80", interval: "30s" };

function configOf(receivers: Readonly<Record<string, unknown>>): CollectorConfig {
  return receiving(receivers).config;
}

function defaulted(config: CollectorConfig): CollectorConfig {
  return withOperatorDefaults(collector({ spec: { config } })).spec.config;
}

const jobOf = (name: string): Readonly<Record<string, string>> => ({ job_name: name, metrics_path: "/$$" });

describe("withAllocatorAccess", () => {
  it.each([
    {
      name: "takes the scrape configs away and says where they went",
      receiver: { config: { scrape_configs: [1], global: { scrape_interval: "5s" } } },
      want: {
        config: { global: { scrape_interval: "5s" } },
        target_allocator: { ...ACCESS, collector_id: "${POD_NAME}" },
      },
    },
    {
      name: "adds no config where there was none",
      receiver: {},
      want: { target_allocator: { ...ACCESS, collector_id: "${POD_NAME}" } },
    },
    {
      name: "keeps what the user says about asking",
      receiver: { target_allocator: { http_sd_config: { refresh_interval: "1m" }, endpoint: "old" } },
      want: {
        target_allocator: { http_sd_config: { refresh_interval: "1m" }, ...ACCESS, collector_id: "${POD_NAME}" },
      },
    },
    {
      name: "keeps other settings of the receiver",
      receiver: { trim_metric_suffixes: true },
      want: { trim_metric_suffixes: true, target_allocator: { ...ACCESS, collector_id: "${POD_NAME}" } },
    },
  ])("$name", ({ receiver, want }) => {
    const config = configOf({ prometheus: receiver, otlp: {} });
    expect(withAllocatorAccess(config, ACCESS).receivers).toEqual({ prometheus: want, otlp: {} });
  });

  const several = configOf({
    prometheus: { config: { scrape_configs: [jobOf("web"), jobOf("a$$b")], global: { scrape_interval: "5s" } } },
    "prometheus/apps": { config: { scrape_configs: [jobOf("shop")] } },
    "prometheus/local": { config: { scrape_configs: [jobOf("self")] } },
  });

  it("gives each of several receivers a path of its own, and leaves others alone", () => {
    const sharding = { receivers: ["prometheus/apps", "prometheus"] };
    expect(withAllocatorAccess(several, { ...ACCESS, sharding }).receivers).toEqual({
      prometheus: {
        config: { global: { scrape_interval: "5s" } },
        target_allocator: {
          ...ACCESS,
          endpoint: `${ACCESS.endpoint}/receivers/prometheus`,
          collector_id: "${POD_NAME}",
        },
      },
      "prometheus/apps": {
        config: {},
        target_allocator: {
          ...ACCESS,
          endpoint: `${ACCESS.endpoint}/receivers/prometheus%2Fapps`,
          collector_id: "${POD_NAME}",
        },
      },
      "prometheus/local": several.receivers["prometheus/local"],
    });
  });

  it("leaves jobs that are not sharded as they are written, beside the allocator's", () => {
    const { prometheus } = withAllocatorAccess(several, { ...ACCESS, sharding: { unshardedJobs: ["a$b"] } }).receivers;
    expect(prometheus).toEqual({
      config: { scrape_configs: [jobOf("a$$b")], global: { scrape_interval: "5s" } },
      target_allocator: { ...ACCESS, collector_id: "${POD_NAME}" },
    });
  });
});

describe("configHash", () => {
  const config = configOf({ prometheus: {} });

  it("says nothing of a rewriting as the Go operator does it", () => {
    expect(configHash(config, ACCESS, ACCESS)).toBe(configHash(config));
  });

  it.each([
    { name: "interval", access: { ...ACCESS, interval: "5s" } },
    { name: "endpoint", access: { ...ACCESS, endpoint: "http://operator/namespaces/shop" } },
    { name: "choice of receivers", access: { ...ACCESS, sharding: { receivers: ["prometheus/x"] } } },
    { name: "choice of jobs", access: { ...ACCESS, sharding: { unshardedJobs: ["a"] } } },
  ])("changes with an unusual $name, so that pods are replaced", ({ access }) => {
    expect(configHash(config, access, ACCESS)).not.toBe(configHash(config));
  });

  it("does not change with the order of keys", () => {
    const { receivers, exporters, service } = config;
    expect(configHash({ service, exporters, receivers })).toBe(configHash(config));
  });
});

describe("renderCollectorConfig", () => {
  const config: CollectorConfig = {
    ...configOf({ prometheus: {} }),
    extensions: { zpages: {} },
    processors: { batch: {} },
    connectors: { count: {} },
  };

  it("keeps the collector's usual order without an allocator", () => {
    const text = renderCollectorConfig(config, undefined);
    expect(text.match(/^\w+/gm)).toEqual([
      "receivers",
      "exporters",
      "processors",
      "connectors",
      "extensions",
      "service",
    ]);
  });

  it("sorts everything with an allocator", () => {
    const text = renderCollectorConfig(config, ACCESS);
    expect(text.match(/^\w+/gm)).toEqual([
      "connectors",
      "exporters",
      "extensions",
      "processors",
      "receivers",
      "service",
    ]);
  });
});

describe("readScrapeSection", () => {
  it("turns every $$ into $, which a collector would have done", () => {
    const job = { job_name: "a$$b", relabel_configs: [{ regex: "x$$", replacement: "$${1}" }] };
    const global = { external_labels: { a: "$$" } };
    expect(readScrapeSection(configOf({ prometheus: { config: { global, scrape_configs: [job] } } }))).toEqual({
      global: { external_labels: { a: "$" } },
      scrapeConfigs: [{ job_name: "a$b", relabel_configs: [{ regex: "x$", replacement: "${1}" }] }],
    });
  });

  it.each([
    { name: "without config", receiver: {} },
    { name: "without scrape_configs", receiver: { config: {} } },
    { name: "of null scrape_configs", receiver: { config: { scrape_configs: null, global: {} } } },
  ])("is empty $name", ({ receiver }) => {
    expect(readScrapeSection(configOf({ prometheus: receiver }))).toEqual({ global: undefined, scrapeConfigs: [] });
  });
});

describe("readScrapeSection of several receivers", () => {
  const config = configOf({
    prometheus: { config: { scrape_configs: [{ job_name: "a$$$$b" }, { job_name: "self" }], global: { x: "$$" } } },
    "prometheus/apps": { config: { scrape_configs: [{ job_name: "shop" }], global: { scrape_interval: "5s" } } },
    "prometheus/local": { config: { scrape_configs: [{ job_name: "mine" }] } },
  });

  it("says which jobs are whose, with what each says of all its jobs", () => {
    const receivers = ["prometheus", "prometheus/apps"];
    expect(readScrapeSection(config, { receivers, unshardedJobs: ["self"] })).toEqual({
      global: { x: "$" },
      scrapeConfigs: [{ job_name: "a$$b" }, { job_name: "shop" }],
      receivers: [
        { name: "prometheus", global: { x: "$" }, jobs: ["a$$b"] },
        { name: "prometheus/apps", global: { scrape_interval: "5s" }, jobs: ["shop"] },
      ],
    });
  });

  it("says nothing of receivers where only the usual one is meant", () => {
    expect(readScrapeSection(config, { receivers: ["prometheus"] })).toEqual({
      global: { x: "$" },
      scrapeConfigs: [{ job_name: "a$$b" }, { job_name: "self" }],
    });
  });
});

describe("findPorts", () => {
  it.each([
    {
      name: "finds the default ports of a protocol that is only switched on",
      receivers: { otlp: { protocols: { grpc: null } } },
      want: [{ name: "otlp-grpc", port: 4317, appProtocol: "grpc", targetPort: 4317 }],
    },
    {
      name: "reads the port of an endpoint",
      receivers: { "otlp/two": { protocols: { http: { endpoint: "${env:POD_IP}:5000" } } } },
      want: [{ name: "otlp-two-http", port: 5000, appProtocol: "http", targetPort: 5000 }],
    },
    {
      name: "reads the port behind an IPv6 address",
      receivers: { zipkin: { endpoint: "[::1]:9999" } },
      want: [{ name: "zipkin", port: 9999, protocol: "TCP", appProtocol: "http", targetPort: 9999 }],
    },
    {
      name: "reads listen_address",
      receivers: { udp_log: { listen_address: "0.0.0.0:54527" } },
      want: [{ name: "udp-log", port: 54527, protocol: "UDP" }],
    },
    { name: "opens nothing for a receiver that fetches", receivers: { redis: { endpoint: "redis:6379" } }, want: [] },
    { name: "opens nothing for the prometheus receiver", receivers: { prometheus: { config: {} } }, want: [] },
    {
      name: "opens the prometheus receiver's API server when it is on",
      receivers: { prometheus: { api_server: { enabled: true, server_config: { endpoint: "0.0.0.0:9090" } } } },
      want: [{ name: "prometheus", port: 9090 }],
    },
    {
      name: "reads the endpoint of an unknown receiver",
      receivers: { mine: { endpoint: ":1234" } },
      want: [{ name: "mine", port: 1234 }],
    },
    { name: "opens nothing for an unknown receiver without one", receivers: { mine: {} }, want: [] },
    {
      name: "sorts by name",
      receivers: { zipkin: {}, carbon: {} },
      want: [
        { name: "carbon", port: 2003, targetPort: 2003 },
        { name: "zipkin", port: 9411, protocol: "TCP", appProtocol: "http", targetPort: 9411 },
      ],
    },
  ])("$name", ({ receivers, want }) => {
    expect(findPorts(configOf(receivers), ["receivers"])).toEqual({ ports: want, problems: [] });
  });

  it("ignores components that no pipeline uses", () => {
    const config = { ...configOf({ otlp: {} }), receivers: { otlp: {}, zipkin: {} } };
    expect(findPorts(config, ["receivers"]).ports).toEqual([]);
  });

  it.each([
    {
      receivers: { otlp: { protocols: { smoke: {} } } },
      want: "spec.config.receivers.otlp: unknown protocol set: smoke",
    },
    { receivers: { tcplog: {} }, want: "spec.config.receivers.tcplog: endpoint must name a port" },
  ])("says $want", ({ receivers, want }) => {
    expect(findPorts(configOf(receivers), ["receivers"]).problems).toEqual([want]);
  });

  it("finds a second port of jaeger_query", () => {
    const extensions = { jaeger_query: { http: {}, grpc: { endpoint: "0.0.0.0:16685" } } };
    const base = configOf({ otlp: {} });
    const config = { ...base, extensions, service: { ...base.service, extensions: ["jaeger_query"] } };
    expect(findPorts(config, ["extensions"]).ports).toEqual([
      { name: "jaeger-query", port: 16686, targetPort: 16686 },
      { name: "jaeger-query-2", port: 16685, targetPort: 16685 },
    ]);
  });
});

function readerOf(prometheus: unknown): unknown {
  return { readers: [{ pull: { exporter: { prometheus } } }] };
}

describe("findMetricsPort", () => {
  const withMetrics = (metrics: unknown): CollectorConfig => {
    const base = configOf({ otlp: {} });
    return { ...base, service: { ...base.service, telemetry: { metrics } } };
  };
  it.each([
    { name: "of an address", metrics: { address: "0.0.0.0:9999" }, want: 9999 },
    { name: "of an address without port", metrics: { address: "${POD_IP}" }, want: 8888 },
    { name: "of a variable, which nobody knows", metrics: { address: "0.0.0.0:${env:PORT}" }, want: undefined },
    { name: "of a reader", metrics: readerOf({ host: "0.0.0.0", port: 7777 }), want: 7777 },
    { name: "of a reader without port", metrics: readerOf({}), want: 8888 },
    { name: "of a reader with an impossible port", metrics: readerOf({ port: 70000 }), want: undefined },
    { name: "of a reader that pushes", metrics: { readers: [{ periodic: {} }] }, want: 8888 },
    { name: "of nothing", metrics: undefined, want: 8888 },
  ])("$name", ({ metrics, want }) => {
    expect(findMetricsPort(withMetrics(metrics))).toBe(want);
  });
});

describe("defaults of a configuration", () => {
  it.each([
    {
      name: "an endpoint for a bare component",
      given: { zipkin: null },
      want: { zipkin: { endpoint: "0.0.0.0:9411" } },
    },
    {
      name: "a host for a bare port",
      given: { otlp: { protocols: { grpc: { endpoint: ":4000" } } } },
      want: { otlp: { protocols: { grpc: { endpoint: "0.0.0.0:4000" } } } },
    },
    {
      name: "a port for a bare host, which the Go operator spoils",
      given: { zipkin: { endpoint: "localhost" } },
      want: { zipkin: { endpoint: "localhost:9411" } },
    },
    { name: "nothing for unknown components", given: { mine: null }, want: { mine: null } },
  ])("$name", ({ given, want }) => {
    expect(defaulted(configOf(given)).receivers).toEqual(want);
  });

  it("a reader of the collector's own metrics, unless there is one", () => {
    const reader = { pull: { exporter: { prometheus: { host: "0.0.0.0", port: 8888 } } } };
    const config = configOf({ otlp: {} });
    expect(defaulted(config).service.telemetry).toEqual({ metrics: { readers: [reader] } });
    const told = { ...config, service: { ...config.service, telemetry: { metrics: { address: ":1" } } } };
    expect(defaulted(told).service.telemetry).toEqual({ metrics: { address: ":1" } });
  });

  it.each([undefined, null, 5, "text", [], { service: 1 }, { service: { pipelines: [1], extensions: 2 } }])(
    "bear with %j",
    (config) => {
      expect(() => defaulted(config as unknown as CollectorConfig)).not.toThrow();
    },
  );
});
