import { describe, expect, it } from "@jest/globals";

import { parseScrapeConfigs } from "../../../src/allocator/config/parse-scrape-configs.ts";
import type { DataObject, DataValue, ScrapeConfig } from "../../../src/allocator/config/scrape-config.ts";

/** The configuration with one job. */
function oneJob(job: DataObject, global?: DataValue): DataObject {
  const config = { scrape_configs: [{ job_name: "j", ...job }] };
  return global === undefined ? config : { ...config, global };
}

function parsedJob(job: DataObject, global?: DataValue): ScrapeConfig {
  const { jobs, rejected, problems } = parseScrapeConfigs(oneJob(job, global));
  expect({ rejected, problems }).toEqual({ rejected: [], problems: [] });
  const [only] = jobs;
  if (only === undefined) throw new Error("no job");
  return only;
}

function problemsOf(job: DataObject, global?: DataValue): readonly string[] {
  const { rejected, problems } = parseScrapeConfigs(oneJob(job, global));
  return [...problems, ...rejected.flatMap((each) => each.problems)];
}

/** A problem that has this in it. */
function like(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}

describe("a job without settings", () => {
  it("has Prometheus' defaults", () => {
    expect(parsedJob({})).toMatchObject({
      jobName: "j",
      scrapeIntervalMs: 60_000,
      scrapeTimeoutMs: 10_000,
      metricsPath: "/metrics",
      scheme: "http",
      params: {},
      nameScheme: "utf8",
      relabelConfigs: [],
      discovery: [],
    });
  });
});

describe("settings that a job takes from global", () => {
  it.each<{ name: string; job: DataObject; global: DataValue; want: DataObject }>([
    {
      name: "interval and timeout",
      job: {},
      global: { scrape_interval: "8s", scrape_timeout: "7s" },
      want: { scrape_interval: "8s", scrape_timeout: "7s" },
    },
    {
      name: "a timeout cut to the job's interval",
      job: { scrape_interval: "5s" },
      global: { scrape_interval: "8s", scrape_timeout: "7s" },
      want: { scrape_interval: "5s", scrape_timeout: "5s" },
    },
    {
      name: "a default timeout cut to the global interval",
      job: {},
      global: { scrape_interval: "3s" },
      want: { scrape_timeout: "3s" },
    },
    {
      name: "the default interval when the global one is zero",
      job: {},
      global: { scrape_interval: "0", sample_limit: 1 },
      want: { scrape_interval: "1m", sample_limit: 1 },
    },
    {
      name: "limits, also over an explicit zero",
      job: { sample_limit: 0, label_limit: 3 },
      global: { sample_limit: 9, label_limit: 8, body_size_limit: "10MB" },
      want: { sample_limit: 9, label_limit: 3, body_size_limit: "10MiB" },
    },
    {
      name: "switches, but not over an explicit no",
      job: { extra_scrape_metrics: false },
      global: { extra_scrape_metrics: true, always_scrape_classic_histograms: true },
      want: { extra_scrape_metrics: false, always_scrape_classic_histograms: true },
    },
    {
      name: "switches where the job says null",
      job: { scrape_native_histograms: null },
      global: { scrape_native_histograms: true },
      want: {
        scrape_native_histograms: true,
        scrape_protocols: [
          "PrometheusProto",
          "OpenMetricsText1.0.0",
          "OpenMetricsText0.0.1",
          "PrometheusText1.0.0",
          "PrometheusText0.0.4",
        ],
      },
    },
    {
      name: "protocols as they are, whatever the histograms",
      job: { scrape_native_histograms: true },
      global: { scrape_protocols: ["PrometheusText0.0.4"] },
      want: { scrape_protocols: ["PrometheusText0.0.4"] },
    },
    {
      name: "the legacy scheme with its escaping",
      job: {},
      global: { metric_name_validation_scheme: "legacy" },
      want: { metric_name_validation_scheme: "legacy", metric_name_escaping_scheme: "underscores" },
    },
    {
      name: "no escaping where the job chooses a scheme",
      job: { metric_name_validation_scheme: "legacy" },
      global: { metric_name_escaping_scheme: "allow-utf-8" },
      want: { metric_name_validation_scheme: "legacy", metric_name_escaping_scheme: "underscores" },
    },
    { name: "nothing from a null", job: {}, global: null, want: { scrape_interval: "1m" } },
  ])("$name", ({ job, global, want }) => {
    expect(parsedJob(job, global).settings).toMatchObject(want);
  });
});

describe("null", () => {
  it("is the zero value, even where the default is another", () => {
    const job = { honor_timestamps: null, metrics_path: null, params: null, tls_config: { min_version: null } };
    expect(parsedJob(job).settings).toMatchObject({
      honor_timestamps: false,
      metrics_path: "",
    });
  });

  it("makes a regex that matches only the empty text", () => {
    const [rule] = parsedJob({ relabel_configs: [{ regex: null, action: "drop" }] }).relabelConfigs;
    expect(rule).toMatchObject({ regex: "", defaultRegex: false });
  });
});

describe("null as a section", () => {
  it("is a section of zeros, of which nothing is served", () => {
    const { settings } = parsedJob({ tls_config: null, basic_auth: null });
    expect(settings["tls_config"]).not.toHaveProperty("min_version");
    expect(settings["tls_config"]).toMatchObject({ ca: "", insecure_skip_verify: false });
    expect(settings).not.toHaveProperty("basic_auth");
  });
});

describe("null in a mapping", () => {
  it("is the zero value of what the mapping has", () => {
    const { settings, params } = parsedJob({
      params: { a: null, b: ["c"] },
      static_configs: [{ targets: ["a:1"], labels: { env: null } }],
      http_headers: { "X-A": null },
    });
    expect(settings).toMatchObject({ static_configs: [{ targets: ["a:1"], labels: { env: "" } }] });
    expect(params).toEqual({ a: [], b: ["c"] });
  });
});

describe("a number too large to be exact", () => {
  it("is an integer all the same", () => {
    expect(parsedJob({ sample_limit: 2 ** 60, target_limit: 2n ** 60n, label_limit: 12.9 }).settings).toMatchObject({
      sample_limit: 2n ** 60n,
      target_limit: 2n ** 60n,
      label_limit: 12,
    });
  });
});

describe("mechanisms with less than the usual", () => {
  it.each<{ name: string; job: DataObject }>([
    {
      name: "azure without OAuth",
      job: { azure_sd_configs: [{ subscription_id: "a", authentication_method: "SDK" }] },
    },
    { name: "ec2 with filters", job: { ec2_sd_configs: [{ region: "a", filters: [{ name: "b", values: ["c"] }] }] } },
    {
      name: "outscale with an address of its own",
      job: { outscale_sd_configs: [{ access_key: "a", secret_key: "b", endpoint: "https://own" }] },
    },
    { name: "kubernetes elsewhere", job: { kubernetes_sd_configs: [{ role: "pod", api_server: "https://k8s" }] } },
  ])("are accepted: $name", ({ job }) => {
    const [key = ""] = Object.keys(job);
    expect(parsedJob(job).settings[key]).toMatchObject(job[key] as object);
  });
});

describe("scalars where text is wanted", () => {
  it("are taken in the form in which Go writes them", () => {
    const { settings } = parsedJob({
      job_name: 31,
      metrics_path: true,
      scheme: 1.5,
      params: { a: [1, 2n ** 60n, -0] },
    });
    expect(settings).toMatchObject({
      job_name: "31",
      metrics_path: "true",
      scheme: "1.5",
      params: { a: ["1", "1152921504606846976", "-0"] },
    });
  });
});

describe("discovery", () => {
  it("comes in the order of the mechanisms, static groups together and last", () => {
    const { discovery } = parsedJob({
      static_configs: [{ targets: ["a:1"] }, { targets: ["b:1"], labels: { env: "prod" } }],
      kubernetes_sd_configs: [{ role: "pod" }, { role: "node" }],
      dns_sd_configs: [{ names: ["x"], type: "A", port: 80 }],
    });
    expect(discovery.map(({ mechanism }) => mechanism)).toEqual(["dns", "kubernetes", "kubernetes", "static"]);
    expect(discovery.at(-1)?.settings).toEqual({
      groups: [{ targets: ["a:1"] }, { targets: ["b:1"], labels: { env: "prod" } }],
    });
  });

  it("has equal keys exactly for equal settings, whatever their order and spelling", () => {
    const keyOf = (sd: DataObject): string | undefined =>
      parsedJob({ kubernetes_sd_configs: [sd] }).discovery[0]?.canonicalKey;
    expect(keyOf({ role: "pod", kubeconfig_file: null })).toBe(keyOf({ kubeconfig_file: "", role: "pod" }));
    expect(keyOf({ role: "pod" })).not.toBe(keyOf({ role: "node" }));
  });
});

describe("a discovery that Prometheus does not have", () => {
  it("is handed on without its settings, beside what the job else has", () => {
    const { discovery, settings } = parsedJob({
      static_configs: [{ targets: ["a:1"] }],
      foo_sd_configs: [{ password: "hidden" }],
      bar_sd_configs: {},
      empty_sd_configs: [],
      null_sd_configs: null,
    });
    expect(discovery.map(({ mechanism }) => mechanism)).toEqual(["static", "foo", "bar"]);
    expect(JSON.stringify([discovery, settings])).not.toContain("hidden");
  });
});

describe("canonicalKey of a job", () => {
  it("tells secrets apart", () => {
    const keyOf = (password: string): string => parsedJob({ basic_auth: { username: "u", password } }).canonicalKey;
    expect(keyOf("a")).not.toBe(keyOf("b"));
    expect(keyOf("a")).toBe(keyOf("a"));
  });
});

describe("params", () => {
  it("are sorted by the bytes of their names", () => {
    const { params } = parsedJob({ params: { "\u{1F600}": ["1"], "\uFF5E": ["2"], a: ["3", "4"] } });
    expect(Object.entries(params)).toEqual([
      ["a", ["3", "4"]],
      ["\uFF5E", ["2"]],
      ["\u{1F600}", ["1"]],
    ]);
  });
});

describe("a job that collectors would refuse", () => {
  it.each<{ name: string; job: DataObject; want: unknown }>([
    { name: "no name", job: { job_name: "" }, want: "scrape_configs[0].job_name: is missing or empty" },
    {
      name: "a value of a wrong type",
      job: { honor_labels: "true" },
      want: 'scrape_configs[0].honor_labels: must be true or false, not "true"; write it without quotes',
    },
    {
      name: "a list that is none",
      job: { static_configs: {} },
      want: "scrape_configs[0].static_configs: must be a list, not a mapping",
    },
    {
      name: "an empty entry",
      job: { static_configs: [null] },
      want: "scrape_configs[0].static_configs[0]: is empty; remove the entry or fill it",
    },
    {
      name: "a bad duration",
      job: { scrape_interval: "1.5s" },
      want: 'scrape_configs[0].scrape_interval: "1.5s" is no duration; write for example 30s or 1h30m',
    },
    { name: "a bad size", job: { body_size_limit: "10" }, want: like(/"10" is no size/) },
    { name: "a negative limit", job: { sample_limit: -1 }, want: like(/must not be negative, but is -1/) },
    {
      name: "a timeout longer than the interval",
      job: { scrape_interval: "5s", scrape_timeout: "6s" },
      want: "scrape_configs[0].scrape_timeout: 6s is longer than scrape_interval (5s)",
    },
    {
      name: "an unknown protocol",
      job: { scrape_protocols: ["x"] },
      want: like(/scrape_protocols: "x" is no scrape protocol/),
    },
    {
      name: "a protocol twice",
      job: { scrape_protocols: ["PrometheusProto", "PrometheusProto"] },
      want: like(/is there twice/),
    },
    { name: "no protocol at all", job: { scrape_protocols: [] }, want: like(/scrape_protocols: is empty/) },
    {
      name: "an unknown scheme",
      job: { metric_name_validation_scheme: "x" },
      want: like(/"x" is no name validation scheme/),
    },
    {
      name: "an escaping that does not fit",
      job: { metric_name_validation_scheme: "legacy", metric_name_escaping_scheme: "allow-utf-8" },
      want: like(/does not fit the legacy/),
    },
    {
      name: "two ways to authenticate",
      job: { basic_auth: { username: "u" }, authorization: {} },
      want: like(/only one way to authenticate/),
    },
    { name: "a basic authorization", job: { authorization: { type: "Basic" } }, want: like(/use basic_auth/) },
    {
      name: "OAuth 2 without a client",
      job: { oauth2: { token_url: "http://t" } },
      want: like(/oauth2\.client_id: is missing/),
    },
    {
      name: "a certificate without a key",
      job: { tls_config: { cert_file: "/c" } },
      want: like(/tls_config\.key: is missing/),
    },
    {
      name: "a TLS version that there is not",
      job: { tls_config: { min_version: "1.2" } },
      want: 'scrape_configs[0].tls_config.min_version: must be TLS10, TLS11, TLS12 or TLS13, not "1.2"',
    },
    {
      name: "an empty TLS version",
      job: { tls_config: { max_version: "" } },
      want: like(/tls_config\.max_version: must be TLS10.* not ""/),
    },
    {
      name: "a key that is there by mistake",
      job: { digitalocean_sd_configs: [{ httpclient: {} }] },
      want: "scrape_configs[0].digitalocean_sd_configs[0].httpclient: cannot be set; remove it",
    },
    {
      name: "a header that the client sets",
      job: { http_headers: { "content-type": { values: ["x"] } } },
      want: like(/http_headers\.content-type/),
    },
    {
      name: "a proxy that is no URL",
      job: { proxy_url: "http://h:port" },
      want: like(/proxy_url: is no URL: the port is not a number/),
    },
    {
      name: "a URL as a static target without rules",
      job: { static_configs: [{ targets: ["http://x/y"] }] },
      want: like(/"http:\/\/x\/y" must be host:port/),
    },
    {
      name: "a rule with a bad regex",
      job: { relabel_configs: [{}, { action: "keep", regex: "(a" }] },
      want: 'scrape_configs[0].relabel_configs[1].regex: "(a" is not RE2 syntax: missing closing )',
    },
    {
      name: "an unknown action",
      job: { metric_relabel_configs: [{ action: "x" }] },
      want: like(/metric_relabel_configs\[0\]\.action: "x" is no action/),
    },
    { name: "an empty action", job: { relabel_configs: [{ action: null }] }, want: like(/"" is no action/) },
    {
      name: "an empty source label",
      job: { relabel_configs: [{ action: "keep", source_labels: [""] }] },
      want: like(/has an empty label name/),
    },
    {
      name: "an unknown role",
      job: { kubernetes_sd_configs: [{ role: "Pod" }] },
      want: like(/role: "Pod" is no role/),
    },
    {
      name: "a selector of another role",
      job: { kubernetes_sd_configs: [{ role: "node", selectors: [{ role: "pod" }] }] },
      want: like(/selectors\[0\]\.role: "pod" cannot be selected by role node; possible: node/),
    },
    {
      name: "two selectors of one role",
      job: { kubernetes_sd_configs: [{ role: "pod", selectors: [{ role: "pod" }, { role: "pod" }] }] },
      want: like(/has a selector already/),
    },
    {
      name: "a selector that cannot be read",
      job: { kubernetes_sd_configs: [{ role: "pod", selectors: [{ role: "pod", label: "a b", field: "x" }] }] },
      want: like(/"a b" is no label selector/),
    },
    {
      name: "HTTP settings without a server",
      job: { kubernetes_sd_configs: [{ role: "pod", bearer_token: "x" }] },
      want: like(/api_server: is missing/),
    },
    {
      name: "a server and the namespace of this pod, which is on another",
      job: { kubernetes_sd_configs: [{ role: "pod", api_server: "http://x", namespaces: { own_namespace: true } }] },
      want: "scrape_configs[0].kubernetes_sd_configs[0].namespaces.own_namespace: cannot be set together with api_server",
    },
    {
      name: "a kubeconfig and a server",
      job: { kubernetes_sd_configs: [{ role: "pod", kubeconfig_file: "/k", api_server: "http://x" }] },
      want: like(/cannot be set together with api_server/),
    },
    {
      name: "files of another kind",
      job: { file_sd_configs: [{ files: ["a.txt"] }] },
      want: like(/"a.txt" must end in/),
    },
    {
      name: "no URL for http",
      job: { http_sd_configs: [{ url: "ftp://x" }] },
      want: like(/must be an http or https URL with a host/),
    },
    {
      name: "an address record without a port",
      job: { dns_sd_configs: [{ names: ["x"], type: "A" }] },
      want: like(/port: is missing, which A records need/),
    },
  ])("says why: $name", ({ job, want }) => {
    const problems = problemsOf(job);
    expect(problems).toEqual(expect.arrayContaining([want]));
  });

  it("shows no text that stands where a section is wanted: it may be a password", () => {
    expect(problemsOf({ basic_auth: "hidden", params: "hidden", static_configs: "hidden", tls_config: 5 })).toEqual([
      "scrape_configs[0].params: must be a mapping, not a text",
      "scrape_configs[0].basic_auth: must be a mapping, not a text",
      "scrape_configs[0].tls_config: must be a mapping, not a single value",
      "scrape_configs[0].static_configs: must be a list, not a text",
    ]);
  });

  it("shows no password of a URL in a problem", () => {
    const urls = [
      { http_sd_configs: [{ url: "ftp://u:hidden@x" }] },
      { eureka_sd_configs: [{ server: "//u:hidden@x" }] },
      { proxy_url: "http://u:hidden@x:port" },
    ];
    const problems = urls.flatMap((job) => problemsOf(job));
    expect(problems).toHaveLength(3);
    expect(problems.join()).not.toContain("hidden");
  });

  it("reports all problems at once", () => {
    const job = {
      scrape_interval: "x",
      honor_labels: 1,
      relabel_configs: [{ modulus: "x" }, { action: "hashmod" }],
      static_configs: [{ targets: ["a"] }, { labels: [] }],
    };
    expect(problemsOf(job).map((problem) => problem.split(":")[0])).toEqual([
      "scrape_configs[0].honor_labels",
      "scrape_configs[0].relabel_configs[0].modulus",
      "scrape_configs[0].scrape_interval",
      "scrape_configs[0].static_configs[1].labels",
      "scrape_configs[0].relabel_configs[1].modulus",
      "scrape_configs[0].relabel_configs[1].target_label",
    ]);
  });
});

describe("one bad job", () => {
  it("is rejected alone, and the others are served", () => {
    const config = {
      scrape_configs: [
        { job_name: "a" },
        { job_name: "b", scrape_interval: "never" },
        null,
        { job_name: "c", relabel_configs: [{ action: "keep", regex: "(" }] },
        { job_name: "d" },
      ],
    };
    const { jobs, rejected, problems } = parseScrapeConfigs(config);
    expect(jobs.map(({ jobName }) => jobName)).toEqual(["a", "d"]);
    expect(rejected.map(({ jobName }) => jobName)).toEqual(["b", "", "c"]);
    expect(rejected[1]?.problems[0]).toBe("scrape_configs[2]: must be a mapping, not nothing");
    expect(problems).toEqual([]);
  });

  it("is the later one of two with one name", () => {
    const config = { scrape_configs: [{ job_name: "a", scheme: "https" }, { job_name: "a" }] };
    const { jobs, rejected } = parseScrapeConfigs(config);
    expect(jobs).toMatchObject([{ jobName: "a", scheme: "https" }]);
    expect(rejected).toEqual([
      {
        jobName: "a",
        problems: ['scrape_configs[1].job_name: "a" is the name of an earlier job; rename this one'],
      },
    ]);
  });
});

describe("problems outside of jobs", () => {
  it.each<{ name: string; config: DataObject; want: unknown }>([
    {
      name: "a global timeout longer than the interval",
      config: { global: { scrape_timeout: "2m" } },
      want: "global.scrape_timeout: 2m is longer than scrape_interval (1m)",
    },
    {
      name: "an unknown global protocol",
      config: { global: { scrape_protocols: ["x"] } },
      want: like(/global\.scrape_protocols/),
    },
    {
      name: "an external label without a valid name",
      config: { global: { metric_name_validation_scheme: "legacy", external_labels: { "a-b": "x" } } },
      want: like(/global\.external_labels: "a-b"/),
    },
    {
      name: "an unknown global escaping",
      config: { global: { metric_name_escaping_scheme: "x" } },
      want: like(/"x" is no escaping scheme/),
    },
    { name: "a section that is no mapping", config: { global: [] }, want: "global: must be a mapping, not a list" },
    {
      name: "jobs that are no list",
      config: { scrape_configs: { a: 1 } },
      want: "scrape_configs: must be a list, not a mapping",
    },
  ])("$name", ({ config, want }) => {
    expect(parseScrapeConfigs(config).problems).toEqual([want]);
  });

  it("are none in a configuration without jobs", () => {
    expect(parseScrapeConfigs({})).toEqual({ jobs: [], rejected: [], problems: [] });
  });
});
