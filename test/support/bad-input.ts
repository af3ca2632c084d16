import { stringify } from "yaml";

/** Stands in inputs where a password would; it must not come back in any message. */
export const SECRET = "hunter2";

export interface CollectorText {
  readonly name?: string;
  readonly namespace?: string;
  /** @default a prometheus receiver with the jobs */
  readonly receivers?: unknown;
  /** @default one good job */
  readonly jobs?: readonly unknown[];
  readonly allocationStrategy?: string;
  readonly strategySettings?: unknown;
}

/** The manifest of an OpenTelemetryCollector with a target allocator, good unless told otherwise. */
export function collectorText(options: CollectorText = {}): string {
  const { name = "main", namespace = "shop", jobs = [GOOD_JOB], allocationStrategy, strategySettings } = options;
  const { receivers = { prometheus: { config: { scrape_configs: jobs } } } } = options;
  return stringify({
    apiVersion: "opentelemetry.io/v1beta1",
    kind: "OpenTelemetryCollector",
    metadata: { name, namespace },
    spec: {
      mode: "statefulset",
      targetAllocator: {
        enabled: true,
        ...(allocationStrategy === undefined ? {} : { allocationStrategy }),
        ...(strategySettings === undefined ? {} : { strategySettings }),
      },
      config: {
        receivers,
        exporters: { debug: {} },
        service: { pipelines: { metrics: { receivers: ["prometheus"], exporters: ["debug"] } } },
      },
    },
  });
}

/** The file of a target allocator that needs no Kubernetes. */
export function allocatorText(
  jobs: readonly unknown[] = [GOOD_JOB],
  more: Readonly<Record<string, unknown>> = {},
): string {
  return stringify({ collectors: [{ name: "c0" }, { name: "c1" }], config: { scrape_configs: jobs }, ...more });
}

export const GOOD_JOB = { job_name: "good", static_configs: [{ targets: ["10.0.0.1:80", "10.0.0.2:80"] }] };
/** Its second rule has a regex with a look-ahead. */
export const BAD_REGEX_JOB = {
  job_name: "bad",
  static_configs: [{ targets: ["10.0.0.3:80"] }],
  basic_auth: { username: "me", password: SECRET },
  relabel_configs: [
    { source_labels: ["a"], regex: "x", action: "keep" },
    { source_labels: ["a"], regex: "(?!x)y", action: "keep" },
  ],
};
const UNKNOWN_DISCOVERY_JOB = { job_name: "misspelt", kubernets_sd_configs: [{ role: "pod" }] };
/** Nothing listens there. */
const UNREACHABLE_DISCOVERY_JOB = {
  job_name: "elsewhere",
  http_sd_configs: [{ url: "http://127.0.0.1:1/targets", basic_auth: { username: "me", password: SECRET } }],
};
/** All of them, and the good one. */
export const MIXED_JOBS = [GOOD_JOB, BAD_REGEX_JOB, UNKNOWN_DISCOVERY_JOB, UNREACHABLE_DISCOVERY_JOB];

/** A bracket is left open in line 3. */
export const BROKEN_YAML = `users:\n  - name: me\n    user: { token: ${SECRET}\nclusters: []\n`;

export interface KubeconfigText {
  readonly server?: string;
  /** Base64 of a certificate. */
  readonly authority?: string;
  readonly token?: string;
  readonly currentContext?: string;
}

/** A kubeconfig with the context `local`. */
export function kubeconfigText(options: KubeconfigText = {}): string {
  const { server = "https://127.0.0.1:1", authority, token = SECRET, currentContext = "local" } = options;
  const cluster = { server, ...(authority === undefined ? {} : { "certificate-authority-data": authority }) };
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "local", cluster }],
    users: [{ name: "local", user: { token } }],
    contexts: [{ name: "local", context: { cluster: "local", user: "local" } }],
    ...(currentContext === "" ? {} : { "current-context": currentContext }),
  });
}
