import { describe, expect, it } from "@jest/globals";

import { ConfigError } from "../../src/options/config-error.ts";
import {
  checkTargetAllocatorFile,
  readTargetAllocatorFile,
  type TargetAllocatorFile,
} from "../../src/options/target-allocator-file.ts";

const EVERYTHING = { matchLabels: {}, matchExpressions: [] };

function problemsOf(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("handover", () => {
  it("can wait for the new owner", () => {
    expect(readTargetAllocatorFile("handover: acknowledged").handover).toBe("acknowledged");
  });

  it("is refused when it is neither", () => {
    expect(() => readTargetAllocatorFile("handover: slow")).toThrow(
      'handover: must be immediate or acknowledged, not "slow"',
    );
  });
});

describe("a file without settings", () => {
  it.each(["", "{}", "collector_selector: null\nhttps:\nprometheus_cr: ~"])("%j has all defaults", (text) => {
    expect(readTargetAllocatorFile(text)).toEqual({
      listen: { port: 8080 },
      kubeconfigPath: undefined,
      collectorSelector: undefined,
      collectors: undefined,
      collectorNamespace: "",
      collectorNotReadyGracePeriodMs: 30_000,
      allocationStrategy: "consistent-hashing",
      allocationFallbackStrategy: "",
      strategySettings: {
        strategy: {},
        weightsFile: undefined,
        nodeZoneLabel: "topology.kubernetes.io/zone",
        maxMovesPerMinute: undefined,
        given: [],
      },
      handover: "immediate",
      filterStrategy: "relabel-config",
      allowInsecureAuthSecrets: false,
      scrapeConfigs: undefined,
      receivers: [],
      prometheusCr: {
        enabled: false,
        allowNamespaces: [],
        denyNamespaces: [],
        secretNamespaces: [],
        serviceMonitorSelector: undefined,
        serviceMonitorNamespaceSelector: EVERYTHING,
        podMonitorSelector: undefined,
        podMonitorNamespaceSelector: EVERYTHING,
        scrapeConfigSelector: undefined,
        scrapeConfigNamespaceSelector: EVERYTHING,
        probeSelector: undefined,
        probeNamespaceSelector: EVERYTHING,
        scrapeIntervalMs: 30_000,
        evaluationIntervalMs: 0,
        scrapeProtocols: ["OpenMetricsText1.0.0", "OpenMetricsText0.0.1", "PrometheusText1.0.0", "PrometheusText0.0.4"],
        scrapeClasses: [],
        denyFsAccessThroughSms: false,
        allowedFilePaths: [],
      },
      https: { enabled: false, listen: { port: 8443 }, caFilePath: "", tlsCertFilePath: "", tlsKeyFilePath: "" },
      telemetry: [],
      unknownSettings: [],
    });
  });
});

describe("keys that mean nothing", () => {
  it.each<[string, string]>([
    ["alocation_strategy: zone-aware", "alocation_strategy: is no setting, so it is left out; there are "],
    ["prometheus_cr: { enable: true }", "prometheus_cr.enable: is no setting, so it is left out; there are enabled, "],
    ["https: { Enabled: false, port: 1 }", "https.port: is no setting, so it is left out; there are enabled, "],
  ])("of %j are told, and change nothing", (text, told) => {
    const { unknownSettings, ...file } = readTargetAllocatorFile(text);
    expect(unknownSettings).toEqual([expect.stringContaining(told)]);
    expect({ ...file, unknownSettings: [] }).toEqual(readTargetAllocatorFile(""));
  });

  it("are not those of Prometheus, and none of ours in any case", () => {
    const text = "Listen_Addr: :80\nconfig: { rule_files: [a], scrape_configs: [] }\ntelemetry: {}\n";
    expect(readTargetAllocatorFile(text).unknownSettings).toEqual([]);
  });
});

describe("readTargetAllocatorFile", () => {
  it("reads what the operator writes", () => {
    const text = `
allocation_strategy: per-node
allocation_fallback_strategy: consistent-hashing
allow_insecure_auth_secrets: true
collector_not_ready_grace_period: 1m0s
collector_selector:
  matchlabels:
    app: collector
  matchexpressions:
  - key: tier
    operator: In
    values: [a, b]
config:
  scrape_configs:
  - job_name: first
  - job_name: second
    scrape_interval: bad
filter_strategy: ""
https:
  enabled: true
  listen_addr: 127.0.0.1:9443
  ca_file_path: /tls/ca.crt
  tls_cert_file_path: /tls/tls.crt
  tls_key_file_path: /tls/tls.key
prometheus_cr:
  enabled: true
  scrape_interval: 15s
  deny_namespaces: [kube-system]
  pod_monitor_selector: null
  service_monitor_selector: {}
  service_monitor_namespace_selector:
    matchLabels: {team: x}
  scrape_classes:
  - name: tls
    tlsConfig: {insecureSkipVerify: true}
`;
    expect(readTargetAllocatorFile(text)).toMatchObject({
      allocationStrategy: "per-node",
      allocationFallbackStrategy: "consistent-hashing",
      allowInsecureAuthSecrets: true,
      collectorNotReadyGracePeriodMs: 60_000,
      collectorSelector: {
        matchLabels: { app: "collector" },
        matchExpressions: [{ key: "tier", operator: "In", values: ["a", "b"] }],
      },
      filterStrategy: "",
      https: { enabled: true, listen: { host: "127.0.0.1", port: 9443 }, caFilePath: "/tls/ca.crt" },
      prometheusCr: {
        enabled: true,
        scrapeIntervalMs: 15_000,
        denyNamespaces: ["kube-system"],
        podMonitorSelector: undefined,
        serviceMonitorSelector: EVERYTHING,
        serviceMonitorNamespaceSelector: { matchLabels: { team: "x" }, matchExpressions: [] },
        scrapeClasses: [{ name: "tls", tlsConfig: { insecureSkipVerify: true } }],
      },
      scrapeConfigs: {
        jobs: [{ jobName: "first" }],
        rejected: [{ jobName: "second", problems: [expect.stringContaining("scrape_configs[1].scrape_interval")] }],
      },
    });
  });

  it.each<{ name: string; text: string; want: Partial<TargetAllocatorFile> }>([
    { name: "finds keys in any case", text: "Allocation_Strategy: per-node", want: { allocationStrategy: "per-node" } },
    {
      name: "prefers the exact spelling of a key",
      text: "ALLOCATION_STRATEGY: a\nallocation_strategy: b",
      want: { allocationStrategy: "b" },
    },
    {
      name: "prefers matchLabels to matchlabels",
      text: "collector_selector: {matchlabels: {a: '1'}, matchLabels: {a: '2'}}",
      want: { collectorSelector: { matchLabels: { a: "2" }, matchExpressions: [] } },
    },
    {
      name: "takes a number as nanoseconds where a duration is wanted",
      text: "collector_not_ready_grace_period: 5000000000",
      want: { collectorNotReadyGracePeriodMs: 5000 },
    },
    {
      name: "takes no grace period",
      text: "collector_not_ready_grace_period: 0s",
      want: { collectorNotReadyGracePeriodMs: 0 },
    },
    {
      name: "reads a configuration without jobs",
      text: "config: {}",
      want: { scrapeConfigs: { jobs: [], rejected: [] } },
    },
    { name: "reads a kubeconfig path", text: "kube_config_file_path: /k", want: { kubeconfigPath: "/k" } },
  ])("$name", ({ text, want }) => {
    expect(readTargetAllocatorFile(text)).toMatchObject(want);
  });

  it("reads where metrics are sent", () => {
    const text = `
telemetry:
  metrics:
    readers:
    - pull: {}
    - periodic:
        interval: 5000
        exporter:
          otlp_grpc:
            endpoint: "\${env:ENDPOINT}"
            temporality_preference: delta
            tls: {insecure: true}
            headers: [{name: a, value: b}, {name: c, value: null}]
    - periodic: {timeout: 0, exporter: {otlp_http: {endpoint: "http://x"}}}
`;
    expect(readTargetAllocatorFile(text).telemetry).toEqual([
      {
        intervalMs: 5000,
        timeoutMs: undefined,
        protocol: "grpc",
        endpoint: "${env:ENDPOINT}",
        headers: [{ name: "a", value: "b" }],
        temporality: "delta",
        insecure: true,
      },
      {
        intervalMs: undefined,
        timeoutMs: undefined,
        protocol: "http",
        endpoint: "http://x",
        headers: [],
        temporality: "",
        insecure: false,
      },
    ]);
  });

  it("reports everything that is of a wrong type, at once", () => {
    const text = `
listen_addr: 8080
collector_selector: {matchLabels: {a: 1}, matchExpressions: [{key: a, operator: Like}]}
allow_insecure_auth_secrets: "true"
prometheus_cr: {enabled: "yes", allow_namespaces: default, scrape_interval: 1d}
config: {global: {scrape_timeout: 90s}}
telemetry: {metrics: {readers: [{periodic: {exporter: {}}}, {periodic: {exporter: {otlp_http: {}}}}]}}
`;
    expect(problemsOf(() => readTargetAllocatorFile(text))).toEqual([
      'listen_addr: must be a text, not "8080"',
      "collector_selector.matchLabels: must be a mapping of texts, not a mapping",
      'collector_selector.matchExpressions[0].operator: "Like" is none of In, NotIn, Exists, DoesNotExist',
      'allow_insecure_auth_secrets: must be true or false, not "true"',
      "config.global.scrape_timeout: 1m30s is longer than scrape_interval (1m)",
      'prometheus_cr.enabled: must be true or false, not "yes"',
      "prometheus_cr.allow_namespaces: must be a list of texts, not a text",
      'prometheus_cr.scrape_interval: must be a duration such as 30s or 1m30s, not "1d"',
      "telemetry.metrics.readers[0].periodic.exporter: must have otlp_grpc or otlp_http",
      "telemetry.metrics.readers[1].periodic.exporter.otlp_http.endpoint: is missing",
    ]);
  });

  it.each<{ name: string; text: string; want: RegExp }>([
    { name: "a text that is no YAML", text: "a: [", want: /^line 1, column 5: not YAML/ },
    { name: "a file that is a list", text: "- a", want: /must be a mapping of settings/ },
    {
      name: "an address without a port",
      text: "listen_addr: localhost",
      want: /listen_addr: "localhost" must be host:port/,
    },
  ])("says what is wrong with $name", ({ text, want }) => {
    expect(problemsOf(() => readTargetAllocatorFile(text))).toEqual([expect.stringMatching(want)]);
  });
});

describe("checkTargetAllocatorFile", () => {
  const complete = "collector_namespace: obs\nconfig: {scrape_configs: [{job_name: a}]}\n";
  it.each<{ name: string; text: string; want: readonly string[] }>([
    { name: "is content with a job and a namespace", text: complete, want: [] },
    {
      name: "is content with custom resources instead of jobs",
      text: "collector_namespace: obs\nprometheus_cr: {enabled: true}",
      want: [],
    },
    {
      name: "counts a rejected job as a job",
      text: "collector_namespace: obs\nconfig: {scrape_configs: [{job_name: ''}]}",
      want: [],
    },
    {
      name: "wants a job and a namespace",
      text: "config: {}",
      want: [
        "config.scrape_configs: needs at least one job, unless prometheus_cr.enabled is true",
        "collector_namespace: is missing; set it here or in the environment as OTELCOL_NAMESPACE",
      ],
    },
    {
      name: "wants only one list of namespaces",
      text: `${complete}prometheus_cr: {allow_namespaces: [a], deny_namespaces: [b]}`,
      want: ["prometheus_cr: allow_namespaces and deny_namespaces exclude each other"],
    },
    {
      name: "knows the strategies",
      text: `${complete}allocation_strategy: random\nallocation_fallback_strategy: none`,
      want: [
        'allocation_strategy: "random" is no strategy; there are consistent-hashing, least-weighted, per-node, rendezvous, weighted, zone-aware',
        'allocation_fallback_strategy: "none" is no strategy; there are consistent-hashing, least-weighted, per-node, rendezvous, weighted, zone-aware',
      ],
    },
    {
      name: "wants all files for TLS",
      text: `${complete}https: {enabled: true, ca_file_path: /ca}`,
      want: ["https.tls_cert_file_path: is missing", "https.tls_key_file_path: is missing"],
    },
  ])("$name", ({ text, want }) => {
    expect(problemsOf(() => checkTargetAllocatorFile(readTargetAllocatorFile(text)))).toEqual(want);
  });

  it("looks at what environment and flags made of a file", () => {
    const file = readTargetAllocatorFile("config: {scrape_configs: [{job_name: a}]}");
    expect(() => checkTargetAllocatorFile({ ...file, collectorNamespace: "from-env" })).not.toThrow();
  });
});
