import type { Search } from "../allocator/index.ts";
import { ConfigError } from "./config-error.ts";
import { featureGatesFlag } from "./feature-gates.ts";
import {
  choiceFlag,
  durationFlag,
  type FlagValues,
  listFlag,
  parsedFlag,
  patternsFlag,
  stringFlag,
  switchFlag,
} from "./flags.ts";
import { type ListenAddress, parseListenAddress } from "./listen-address.ts";
import { LOG_FORM_FLAGS, LOGGING_FLAGS, type LoggingOptions, resolveLoggingOptions } from "./logging-options.ts";
import { METRICS_FLAGS, type MetricsOptions, resolveMetricsOptions } from "./metrics-options.ts";
import { readProfilingAddress } from "./profiling-address.ts";
import type { Environment } from "./sources.ts";
import { resolveTlsOptions, TLS_FLAGS, type TlsOptions } from "./tls-options.ts";
import { resolveWebhookOptions, WEBHOOK_FLAGS, type WebhookOptions } from "./webhook-options.ts";

const DEFAULT_COLLECTOR_IMAGE =
  "ghcr.io/open-telemetry/opentelemetry-collector-releases/opentelemetry-collector:0.158.0";
const DEFAULT_OWN_IMAGE = "otel-allocator:0.1.0";

/** Flags that shape what is generated for a resource; `operator`, `dev` and `render` have them. */
export const MANIFEST_FLAGS = {
  collectorImage: stringFlag("collector-image", {
    help: "Image of collectors whose resource names none",
    fallback: DEFAULT_COLLECTOR_IMAGE,
    env: "RELATED_IMAGE_COLLECTOR",
    placeholder: "image",
  }),
  allocatorImage: stringFlag("target-allocator-image", {
    help: "Image of target allocators whose resource names none: this program's own",
    fallback: DEFAULT_OWN_IMAGE,
    env: "RELATED_IMAGE_TARGET_ALLOCATOR",
    fileKey: "targetallocator-image",
    placeholder: "image",
  }),
  collectorEndpoint: choiceFlag<"allocator" | "operator">("collector-endpoint", ["allocator", "operator"], {
    help: "Where collectors ask for their targets: at the allocator made for them, or at the operator",
    fallback: "allocator",
    env: "COLLECTOR_ENDPOINT",
  }),
  operatorUrl: stringFlag("operator-url", {
    help: "Base URL of the operator as collectors reach it; needed with --collector-endpoint=operator",
    fallback: "",
    env: "OPERATOR_URL",
    placeholder: "url",
  }),
  labelsFilter: patternsFlag("labels-filter", {
    help: "Labels of a resource that do not go over to what is generated, by key",
    fallback: [],
    env: "LABELS_FILTER",
  }),
  annotationsFilter: patternsFlag("annotations-filter", {
    help: "Annotations of a resource that do not go over to what is generated, by key",
    fallback: [/^kubectl\.kubernetes\.io\/last-applied-configuration$/],
    env: "ANNOTATIONS_FILTER",
  }),
  featureGates: featureGatesFlag(),
};

/** The flags of the `operator` command. */
export const OPERATOR_FLAGS = {
  ...MANIFEST_FLAGS,
  ...LOGGING_FLAGS,
  ...LOG_FORM_FLAGS,
  ...METRICS_FLAGS,
  ...TLS_FLAGS,
  ...WEBHOOK_FLAGS,
  configFile: stringFlag("config-file", {
    help: "A file of settings in YAML: keys are these flags without dashes; environment and flags come before it",
    fallback: "",
    fileKey: "",
    placeholder: "path",
  }),
  pprof: parsedFlag<ListenAddress | undefined>("pprof-addr", readProfilingAddress, {
    help: "Where to serve CPU profiles and heap snapshots, on loopback; nowhere without it",
    fallback: undefined,
    env: "PPROF_ADDR",
    placeholder: "address",
  }),
  ignoreMissingCollectorCrds: switchFlag("ignore-missing-collector-crds", {
    help: "Wait until the OpenTelemetryCollector CRD is installed, in the place of ending when it is not",
    fallback: false,
    env: "IGNORE_MISSING_COLLECTOR_CRDS",
  }),
  fipsDisabledComponents: listFlag("fips-disabled-components", {
    help: "Components that collectors must not use where this runs in FIPS mode, such as receiver.otlp,exporter.debug",
    fallback: [],
    env: "FIPS_DISABLED_COMPONENTS",
  }),
  listen: parsedFlag<ListenAddress>("listen-addr", parseListenAddress, {
    help: "Where to serve pages, metrics and the routes of every allocation",
    fallback: { port: 8080 },
    env: "LISTEN_ADDR",
    placeholder: "address",
    shown: ":8080",
  }),
  healthProbe: parsedFlag<ListenAddress>("health-probe-addr", parseListenAddress, {
    help: "Where to serve /livez, /readyz and /healthz",
    fallback: { port: 8081 },
    env: "HEALTH_PROBE_ADDR",
    placeholder: "address",
    shown: ":8081",
  }),
  kubeconfig: stringFlag("kubeconfig", {
    help: "Path of a kubeconfig; without one the pod's own account, and outside of pods ~/.kube/config",
    fallback: "",
    env: "KUBECONFIG",
    placeholder: "path",
  }),
  watchNamespace: listFlag("watch-namespace", {
    help: "Namespaces whose resources are reconciled; all without it",
    fallback: [],
    env: "WATCH_NAMESPACE",
  }),
  enableLeaderElection: switchFlag("enable-leader-election", {
    help: "Let one of several replicas write, chosen by a Lease",
    fallback: false,
    env: "ENABLE_LEADER_ELECTION",
  }),
  leaseNamespace: stringFlag("leader-election-namespace", {
    help: "Namespace of the Lease; without it the pod's own",
    fallback: "",
    env: "NAMESPACE",
    placeholder: "namespace",
  }),
  leaseDurationMs: durationFlag("leader-election-lease-duration", {
    help: "How long replicas wait before they take over from a leader that is gone",
    fallback: 15_000,
    shown: "15s",
  }),
  renewDeadlineMs: durationFlag("leader-election-renew-deadline", {
    help: "How long the leader tries to renew before it gives up",
    fallback: 10_000,
    shown: "10s",
  }),
  retryPeriodMs: durationFlag("leader-election-retry-period", {
    help: "Time between two tries",
    fallback: 2_000,
    shown: "2s",
  }),
};

/** What shapes the generated objects; see the flags of the same names. */
export interface ManifestOptions {
  readonly collectorImage: string;
  readonly allocatorImage: string;
  readonly collectorEndpoint: "allocator" | "operator";
  /** Without a slash at the end; undefined when not given. */
  readonly operatorUrl: string | undefined;
  readonly labelsFilter: readonly Search[];
  readonly annotationsFilter: readonly Search[];
  /** Resources that say nothing about network policies get some. */
  readonly networkPolicies: boolean;
  /** Targets that per-node leaves over go by consistent hashing. */
  readonly fallbackStrategy: boolean;
  /** Components that collectors must not use here. @default none */
  readonly disabledComponents?: readonly string[];
}

interface LeaderElectionOptions {
  /** Undefined: the pod's own. */
  readonly namespace: string | undefined;
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

/** Everything that the `operator` command is started with. */
export interface OperatorOptions {
  readonly manifests: ManifestOptions;
  readonly logging: LoggingOptions;
  readonly metrics: MetricsOptions;
  /** Of every HTTPS server of the process. */
  readonly tls: TlsOptions;
  /** Undefined: webhooks are off. */
  readonly webhooks: WebhookOptions | undefined;
  /** Where profiles are served; undefined: nowhere. */
  readonly profiling: ListenAddress | undefined;
  readonly ignoreMissingCollectorCrds: boolean;
  /** What collectors must not use, if this runs in FIPS mode: as `receiver.otlp`. */
  readonly fipsDisabledComponents: readonly string[];
  readonly listen: ListenAddress;
  readonly healthProbe: ListenAddress;
  /** Undefined: the account of the pod that this runs in. */
  readonly kubeconfigPath: string | undefined;
  /** Empty: all. */
  readonly watchNamespaces: readonly string[];
  /** Undefined: this replica leads. */
  readonly leaderElection: LeaderElectionOptions | undefined;
}

/** What the flags together mean. Throws {@link ConfigError} with everything that does not fit together. */
export function resolveOperatorOptions(values: FlagValues<typeof OPERATOR_FLAGS>, env: Environment): OperatorOptions {
  const problems: string[] = [];
  const manifests = resolveManifestOptions(values, problems);
  const leaderElection = resolveLeaderElection(values, problems);
  const metrics = resolveMetricsOptions(values, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze({
    manifests,
    logging: resolveLoggingOptions(values),
    metrics,
    tls: resolveTlsOptions(values),
    webhooks: resolveWebhookOptions(values),
    profiling: values.pprof,
    ignoreMissingCollectorCrds: values.ignoreMissingCollectorCrds,
    fipsDisabledComponents: values.fipsDisabledComponents,
    listen: values.listen,
    healthProbe: values.healthProbe,
    kubeconfigPath: unlessEmpty(values.kubeconfig) ?? usualKubeconfig(env),
    watchNamespaces: values.watchNamespace,
    leaderElection,
  });
}

/** The part of {@link resolveOperatorOptions} that `dev` and `render` share; adds to the problems. */
export function resolveManifestOptions(values: FlagValues<typeof MANIFEST_FLAGS>, problems: string[]): ManifestOptions {
  const { collectorImage, allocatorImage, collectorEndpoint, labelsFilter, annotationsFilter } = values;
  const operatorUrl = unlessEmpty(values.operatorUrl.replace(/\/+$/, ""));
  if (collectorEndpoint === "operator" && operatorUrl === undefined) {
    problems.push(
      "--collector-endpoint=operator needs --operator-url: the URL at which collectors reach this operator",
    );
  }
  if (operatorUrl !== undefined && !/^https?:\/\/[^/]/.test(operatorUrl)) {
    problems.push(`--operator-url ${JSON.stringify(operatorUrl)} must begin with http:// or https:// and name a host`);
  }
  return Object.freeze({
    collectorImage,
    allocatorImage,
    collectorEndpoint,
    operatorUrl,
    labelsFilter,
    annotationsFilter,
    networkPolicies: values.featureGates.networkPolicies,
    fallbackStrategy: values.featureGates.fallbackStrategy,
  });
}

function resolveLeaderElection(
  values: FlagValues<typeof OPERATOR_FLAGS>,
  problems: string[],
): LeaderElectionOptions | undefined {
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs } = values;
  if (!values.enableLeaderElection) return undefined;
  if (retryPeriodMs <= 0) problems.push("--leader-election-retry-period must be more than 0");
  if (renewDeadlineMs <= retryPeriodMs * JITTER) {
    problems.push("--leader-election-renew-deadline must be more than 1.2 times --leader-election-retry-period");
  }
  if (leaseDurationMs <= renewDeadlineMs) {
    problems.push("--leader-election-lease-duration must be more than --leader-election-renew-deadline");
  }
  if (leaseDurationMs % 1_000 !== 0) problems.push("--leader-election-lease-duration must be whole seconds");
  return { namespace: unlessEmpty(values.leaseNamespace), leaseDurationMs, renewDeadlineMs, retryPeriodMs };
}

/** The kubeconfig of kubectl; undefined in a pod, which has an account of its own. */
export function usualKubeconfig(env: Environment): string | undefined {
  return unlessEmpty(env["KUBERNETES_SERVICE_HOST"] ?? "") === undefined
    ? `${env["HOME"] ?? ""}/.kube/config`
    : undefined;
}

/** Replicas spread their tries over a fifth of the retry period. */
const JITTER = 1.2;

function unlessEmpty(text: string): string | undefined {
  return text === "" ? undefined : text;
}
