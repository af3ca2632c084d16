import { describe, expect, it } from "@jest/globals";

import { parseScrapeConfigs } from "../../../src/allocator/config/parse-scrape-configs.ts";
import { renderScrapeConfigs, type RenderOptions } from "../../../src/allocator/config/render-scrape-configs.ts";
import type { DataObject } from "../../../src/allocator/config/scrape-config.ts";
import { readGoYaml } from "../../../src/options/go-yaml.ts";

function text(yaml: string, secrets: RenderOptions["secrets"] = "masked"): string {
  const { jobs, rejected } = parseScrapeConfigs(readGoYaml(yaml) as DataObject);
  expect(rejected).toEqual([]);
  return renderScrapeConfigs(jobs, { secrets });
}

describe("renderScrapeConfigs", () => {
  it("writes an empty mapping when there is no job", () => {
    expect(text("scrape_configs: []")).toBe("{}");
  });

  it("writes a minimal job with all keys that Prometheus always writes, sorted, without white space", () => {
    const yaml = `
scrape_configs:
- job_name: node
  static_configs: [{targets: ["10.0.0.1:9100"], labels: {env: prod}}]`;
    expect(text(yaml)).toBe(
      '{"node":{"always_scrape_classic_histograms":false,"convert_classic_histograms_to_nhcb":false,' +
        '"enable_compression":true,"enable_http2":true,"extra_scrape_metrics":false,"follow_redirects":true,' +
        '"honor_timestamps":true,"job_name":"node","metric_name_escaping_scheme":"allow-utf-8",' +
        '"metric_name_validation_scheme":"utf8","metrics_path":"/metrics","scheme":"http","scrape_interval":"1m",' +
        '"scrape_native_histograms":false,"scrape_protocols":["OpenMetricsText1.0.0","OpenMetricsText0.0.1",' +
        '"PrometheusText1.0.0","PrometheusText0.0.4"],"scrape_timeout":"10s",' +
        '"static_configs":[{"labels":{"env":"prod"},"targets":["10.0.0.1:9100"]}],"track_timestamps_staleness":false}}',
    );
  });

  it("writes a job with rules, sizes and a secret as Prometheus does, but for the texts that Prometheus loses", () => {
    const yaml = `
scrape_configs:
- job_name: k8s/pods
  scheme: https
  scrape_interval: 90s
  scrape_timeout: 15s
  body_size_limit: 10MB
  sample_limit: 50000
  params: {module: [http_2xx], "match[]": ['{job="a"}']}
  bearer_token: s3cr3t
  tls_config: {insecure_skip_verify: true}
  kubernetes_sd_configs: [{role: pod, namespaces: {names: [a]}}]
  relabel_configs:
  - {source_labels: [__meta_kubernetes_pod_label_app], regex: "", action: drop}
  - {source_labels: [a, b], separator: "", target_label: c, replacement: ""}
  - {source_labels: [x], regex: (.*), target_label: 'y'}
  - {action: LabelMap, regex: __meta_kubernetes_pod_label_(.+)}
  - {source_labels: [__address__], modulus: 3, target_label: __tmp_hash, action: hashmod}`;
    const masked =
      '{"k8s/pods":{"always_scrape_classic_histograms":false,"authorization":{"credentials":' +
      String.raw`"\u003csecret\u003e"` +
      ',"type":"Bearer"},"body_size_limit":"10MiB","convert_classic_histograms_to_nhcb":false,' +
      '"enable_compression":true,"enable_http2":true,"extra_scrape_metrics":false,"follow_redirects":true,' +
      '"honor_timestamps":true,"job_name":"k8s/pods","kubernetes_sd_configs":[{"enable_http2":true,' +
      '"follow_redirects":true,"kubeconfig_file":"","namespaces":{"names":["a"],"own_namespace":false},"role":"pod"}],' +
      '"metric_name_escaping_scheme":"allow-utf-8","metric_name_validation_scheme":"utf8","metrics_path":"/metrics",' +
      String.raw`"params":{"match[]":["{job=\"a\"}"],"module":["http_2xx"]},` +
      '"relabel_configs":[{"action":"drop","regex":"","replacement":"$1","separator":";",' +
      '"source_labels":["__meta_kubernetes_pod_label_app"]},{"action":"replace","replacement":"","separator":"",' +
      '"source_labels":["a","b"],"target_label":"c"},{"action":"replace","regex":"(.*)","replacement":"$1",' +
      '"separator":";","source_labels":["x"],"target_label":"y"},{"action":"labelmap",' +
      '"regex":"__meta_kubernetes_pod_label_(.+)","replacement":"$1","separator":";"},{"action":"hashmod","modulus":3,' +
      '"replacement":"$1","separator":";","source_labels":["__address__"],"target_label":"__tmp_hash"}],' +
      '"sample_limit":50000,"scheme":"https","scrape_interval":"1m30s","scrape_native_histograms":false,' +
      '"scrape_protocols":["OpenMetricsText1.0.0","OpenMetricsText0.0.1","PrometheusText1.0.0","PrometheusText0.0.4"],' +
      '"scrape_timeout":"15s","tls_config":{"insecure_skip_verify":true},"track_timestamps_staleness":false}}';
    expect(text(yaml)).toBe(masked);
    expect(text(yaml, "clear")).toBe(masked.replace(String.raw`\u003csecret\u003e`, "s3cr3t"));
  });

  it("writes what a job takes from global, nulls, and scalars in Go's form", () => {
    const yaml = `
global: {scrape_interval: 30s, scrape_native_histograms: true, metric_name_validation_scheme: legacy, label_limit: 40}
scrape_configs:
- job_name: 0x1F
  honor_labels: yes
  honor_timestamps: null
  metrics_path: null
  proxy_url: http://u:p@proxy:3128
  http_headers: {X-Env: {values: [1.0], secrets: [z]}}
  dns_sd_configs: [{names: [a.example.com], type: A, port: 9100}]
  file_sd_configs: [{files: [sd/*.yml]}]
  http_sd_configs: [{url: http://sd/targets}]`;
    expect(text(yaml)).toBe(
      '{"31":{"always_scrape_classic_histograms":false,"convert_classic_histograms_to_nhcb":false,' +
        '"dns_sd_configs":[{"names":["a.example.com"],"port":9100,"refresh_interval":"30s","type":"A"}],' +
        '"enable_compression":true,"enable_http2":true,"extra_scrape_metrics":false,' +
        '"file_sd_configs":[{"files":["sd/*.yml"],"refresh_interval":"5m"}],"follow_redirects":true,' +
        '"honor_labels":true,"honor_timestamps":false,"http_headers":{"X-Env":{"secrets":[' +
        String.raw`"\u003csecret\u003e"` +
        '],"values":["1"]}},"http_sd_configs":[{"enable_http2":true,"follow_redirects":true,"refresh_interval":"1m",' +
        '"url":"http://sd/targets"}],"job_name":"31","label_limit":40,"metric_name_escaping_scheme":"underscores",' +
        '"metric_name_validation_scheme":"legacy","proxy_url":"http://u:xxxxx@proxy:3128","scheme":"http",' +
        '"scrape_interval":"30s","scrape_native_histograms":true,"scrape_protocols":["PrometheusProto",' +
        '"OpenMetricsText1.0.0","OpenMetricsText0.0.1","PrometheusText1.0.0","PrometheusText0.0.4"],' +
        '"scrape_timeout":"10s","track_timestamps_staleness":false}}',
    );
  });

  it("writes empty separators, replacements and regexes, which Prometheus loses", () => {
    const yaml = `
scrape_configs:
- job_name: j
  relabel_configs:
  - {source_labels: [a], regex: "", action: drop}
  - {source_labels: [a, b], separator: "", target_label: c, replacement: ""}
  - {source_labels: [x], regex: (.*), target_label: z}
  - {action: LabelMap, regex: __meta_(.+)}`;
    expect(JSON.parse(text(yaml))).toMatchObject({
      j: {
        relabel_configs: [
          { action: "drop", regex: "", replacement: "$1", separator: ";", source_labels: ["a"] },
          { action: "replace", replacement: "", separator: "", source_labels: ["a", "b"], target_label: "c" },
          {
            action: "replace",
            regex: "(.*)",
            replacement: "$1",
            separator: ";",
            source_labels: ["x"],
            target_label: "z",
          },
          { action: "labelmap", regex: "__meta_(.+)", replacement: "$1", separator: ";" },
        ],
      },
    });
  });

  it("writes integers of any size exactly", () => {
    const yaml = `
scrape_configs:
- job_name: j
  relabel_configs: [{action: hashmod, source_labels: [a], target_label: b, modulus: 18446744073709551615}]`;
    expect(text(yaml)).toContain('"modulus":18446744073709551615,');
  });

  const SECRETS = `
scrape_configs:
- job_name: j
  basic_auth: {username: u, password: hidden1}
  tls_config: {cert: c, key: hidden2}
  proxy_url: HTTP://user:hidden3@proxy:3128/a b
  http_sd_configs: [{url: "http://u:hidden8@sd/p"}]
  marathon_sd_configs: [{servers: ["http://u:hidden9@m"]}]
  proxy_connect_header: {X: [hidden4]}
  http_headers: {X-Y: {values: [shown], secrets: [hidden5, ""]}}
  consul_sd_configs: [{token: hidden6}]
  kubernetes_sd_configs: [{role: pod, api_server: "https://u:hidden7@k8s"}]`;

  it("shows no secret when they are masked, not even in URLs", () => {
    expect(text(SECRETS)).not.toContain("hidden");
    expect(JSON.parse(text(SECRETS))).toMatchObject({
      j: {
        basic_auth: { username: "u", password: "<secret>" },
        proxy_url: "http://user:xxxxx@proxy:3128/a%20b",
        http_headers: { "X-Y": { values: ["shown"], secrets: ["<secret>", null] } },
        kubernetes_sd_configs: [{ api_server: "https://u:xxxxx@k8s" }],
        http_sd_configs: [{ url: "http://u:xxxxx@sd/p" }],
        marathon_sd_configs: [{ servers: ["http://u:xxxxx@m"] }],
      },
    });
  });

  it("shows every secret in clear mode, those in URLs too, so that collectors can use the proxy", () => {
    const found = text(SECRETS, "clear")
      .match(/hidden\d/g)
      ?.toSorted();
    expect(found).toEqual([
      "hidden1",
      "hidden2",
      "hidden3",
      "hidden4",
      "hidden5",
      "hidden6",
      "hidden7",
      "hidden8",
      "hidden9",
    ]);
  });

  it("moves a bearer token to where Prometheus keeps it", () => {
    const job = (secrets: RenderOptions["secrets"]): unknown =>
      JSON.parse(text("scrape_configs: [{job_name: j, bearer_token: t}]", secrets));
    expect(job("masked")).toMatchObject({ j: { authorization: { type: "Bearer", credentials: "<secret>" } } });
    expect(job("clear")).toMatchObject({ j: { authorization: { type: "Bearer", credentials: "t" } } });
    expect(text("scrape_configs: [{job_name: j, bearer_token: t}]")).not.toContain("bearer_token");
  });

  it("keeps a job called __proto__", () => {
    expect(Object.keys(JSON.parse(text("scrape_configs: [{job_name: __proto__}]")) as object)).toEqual(["__proto__"]);
  });
});
