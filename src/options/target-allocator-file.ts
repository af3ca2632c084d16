import { type CollectorInstance, type DataObject, STRATEGY_NAMES } from "../allocator/index.ts";
import { ConfigError } from "./config-error.ts";
import { readGoYaml } from "./go-yaml.ts";
import { type ListenAddress, parseListenAddress } from "./listen-address.ts";
import { type FileReceiver, type FileScrapeConfigs, readJobSections } from "./target-allocator-file-receivers.ts";
import { EVERYTHING, FileSection, type LabelSelector } from "./target-allocator-file-section.ts";
import { readStrategySection, type StrategySection } from "./target-allocator-file-strategy.ts";
import { readTelemetry, type TelemetryReader } from "./target-allocator-file-telemetry.ts";

/**
 * `targetallocator.yaml`: the file that the operator writes for a target allocator and that its users may write, with
 * everything that is absent at its default. Environment and flags may replace single settings; afterwards
 * {@link checkTargetAllocatorFile} says whether the whole makes sense.
 */
export interface TargetAllocatorFile {
  /** Where to serve plain HTTP. @default ":8080" */
  readonly listen: ListenAddress;
  /** undefined: the usual places. */
  readonly kubeconfigPath: string | undefined;
  /** Which pods are collectors. undefined: every pod of the namespace. */
  readonly collectorSelector: LabelSelector | undefined;
  /** Collectors that are written down: then no pods are watched, and no Kubernetes is needed. undefined: watch pods. */
  readonly collectors: readonly CollectorInstance[] | undefined;
  /** The one namespace of the collectors; the environment usually gives it. */
  readonly collectorNamespace: string;
  /** How long a collector that is not ready keeps its targets; 0 keeps them for good. @default 30_000 */
  readonly collectorNotReadyGracePeriodMs: number;
  /** @default "consistent-hashing" */
  readonly allocationStrategy: string;
  /** For targets that the strategy leaves over; `""`: none. */
  readonly allocationFallbackStrategy: string;
  /** For the strategy and its fallback. */
  readonly strategySettings: StrategySection;
  /**
   * A key of ours: whether a target that moves stays with its former owner until the new one has fetched it.
   * @default "immediate"
   */
  readonly handover: "immediate" | "acknowledged";
  /** "relabel-config" drops targets by their relabelling rules; any other value does not. @default "relabel-config" */
  readonly filterStrategy: string;
  /** Whether plain HTTP shows secrets. */
  readonly allowInsecureAuthSecrets: boolean;
  /** All jobs of the file; undefined when it has no section for them. */
  readonly scrapeConfigs: FileScrapeConfigs | undefined;
  /** The collectors' receivers that are told apart; the first has every job that is no other's. @default none are */
  readonly receivers: readonly FileReceiver[];
  readonly prometheusCr: PrometheusCrSettings;
  readonly https: HttpsSettings;
  readonly telemetry: readonly TelemetryReader[];
  /** Keys that mean nothing here, each in a sentence. The Go allocator passes over them, and its files must be usable. */
  readonly unknownSettings: readonly string[];
}

/** What to take from the custom resources of the Prometheus operator. An undefined selector selects nothing. */
export interface PrometheusCrSettings {
  readonly enabled: boolean;
  /** Empty: all namespaces. */
  readonly allowNamespaces: readonly string[];
  readonly denyNamespaces: readonly string[];
  /** Empty: the collectors' namespace. */
  readonly secretNamespaces: readonly string[];
  readonly serviceMonitorSelector: LabelSelector | undefined;
  /** @default everything */
  readonly serviceMonitorNamespaceSelector: LabelSelector;
  readonly podMonitorSelector: LabelSelector | undefined;
  readonly podMonitorNamespaceSelector: LabelSelector;
  readonly scrapeConfigSelector: LabelSelector | undefined;
  readonly scrapeConfigNamespaceSelector: LabelSelector;
  readonly probeSelector: LabelSelector | undefined;
  readonly probeNamespaceSelector: LabelSelector;
  /** @default 30_000 */
  readonly scrapeIntervalMs: number;
  /** 0: Prometheus' default. */
  readonly evaluationIntervalMs: number;
  readonly scrapeProtocols: readonly string[];
  /** As written, keys in camelCase. */
  readonly scrapeClasses: readonly DataObject[];
  readonly denyFsAccessThroughSms: boolean;
  /** A key of ours: files that may be named all the same; a directory when it ends in a slash. */
  readonly allowedFilePaths: readonly string[];
}

/** The second listener, which wants client certificates. */
export interface HttpsSettings {
  readonly enabled: boolean;
  /** @default ":8443" */
  readonly listen: ListenAddress;
  readonly caFilePath: string;
  readonly tlsCertFilePath: string;
  readonly tlsKeyFilePath: string;
}

const DEFAULT_GRACE_PERIOD_MS = 30_000;
const DEFAULT_CR_INTERVAL_MS = 30_000;
const DEFAULT_CR_PROTOCOLS: readonly string[] = [
  "OpenMetricsText1.0.0",
  "OpenMetricsText0.0.1",
  "PrometheusText1.0.0",
  "PrometheusText0.0.4",
];

/**
 * Reads the text of a target allocator's file. Throws ConfigError with all problems at once: where it is no YAML, where
 * a value is of a wrong type, and what makes `config` unusable as a whole. Invalid jobs are no such problem; they are
 * in the result.
 */
export function readTargetAllocatorFile(text: string): TargetAllocatorFile {
  const root = readGoYaml(text) ?? {};
  if (typeof root !== "object" || Array.isArray(root))
    throw new ConfigError(["the file must be a mapping of settings"]);
  const problems: string[] = [];
  const file = readRoot(new FileSection(root as DataObject, "", problems));
  if (problems.length > 0) throw new ConfigError(problems);
  return file;
}

function readRoot(root: FileSection): TargetAllocatorFile {
  const kubeconfigPath = root.text("kube_config_file_path", "");
  const unknown: string[] = [];
  const read = <T>(key: string, readSection: (section: FileSection) => T): T => {
    const section = root.section(key);
    const value = readSection(section);
    unknown.push(...section.unknown());
    return value;
  };
  const file = {
    listen: readAddress(root, ":8080"),
    kubeconfigPath: kubeconfigPath === "" ? undefined : kubeconfigPath,
    collectorSelector: root.selector("collector_selector"),
    collectors: readCollectors(root),
    collectorNamespace: root.text("collector_namespace", ""),
    collectorNotReadyGracePeriodMs: root.durationMs("collector_not_ready_grace_period", DEFAULT_GRACE_PERIOD_MS),
    allocationStrategy: root.text("allocation_strategy", "consistent-hashing"),
    allocationFallbackStrategy: root.text("allocation_fallback_strategy", ""),
    strategySettings: readStrategySection(root.section("allocation_strategy_settings")),
    handover: readHandover(root),
    filterStrategy: root.text("filter_strategy", "relabel-config"),
    allowInsecureAuthSecrets: root.flag("allow_insecure_auth_secrets"),
    ...readJobSections(root),
    prometheusCr: read("prometheus_cr", readPrometheusCr),
    https: read("https", readHttps),
    telemetry: readTelemetry(root.section("telemetry")),
  };
  return { ...file, unknownSettings: [...root.unknown(), ...unknown] };
}

/** `collectors: [{ name, node_name, zone }]`: a key of ours that the Go allocator does not know. */
function readCollectors(root: FileSection): readonly CollectorInstance[] | undefined {
  if (!root.has("collectors")) return undefined;
  const names = new Set<string>();
  return root.sections("collectors").map((section) => {
    const name = section.text("name", "");
    if (name === "") section.report("name", "is missing");
    else if (names.has(name)) section.report("name", `${JSON.stringify(name)} is there already`);
    names.add(name);
    return readInstance(section, name);
  });
}

function readInstance(section: FileSection, name: string): CollectorInstance {
  const instance = { name, nodeName: section.text("node_name", "") };
  const zone = section.text("zone", "");
  return zone === "" ? instance : { ...instance, zone };
}

function readHandover(root: FileSection): TargetAllocatorFile["handover"] {
  const mode = root.text("handover", "immediate");
  if (mode === "immediate" || mode === "acknowledged") return mode;
  root.report("handover", `must be immediate or acknowledged, not ${JSON.stringify(mode)}`);
  return "immediate";
}

function readAddress(section: FileSection, fallback: string): ListenAddress {
  const text = section.text("listen_addr", fallback);
  try {
    return parseListenAddress(text);
  } catch (error) {
    section.report("listen_addr", `${JSON.stringify(text)} ${(error as Error).message}`);
    return parseListenAddress(fallback);
  }
}

function readPrometheusCr(section: FileSection): PrometheusCrSettings {
  return {
    enabled: section.flag("enabled"),
    allowNamespaces: section.texts("allow_namespaces"),
    denyNamespaces: section.texts("deny_namespaces"),
    secretNamespaces: section.texts("secret_namespaces"),
    serviceMonitorSelector: section.selector("service_monitor_selector"),
    serviceMonitorNamespaceSelector: section.selector("service_monitor_namespace_selector") ?? EVERYTHING,
    podMonitorSelector: section.selector("pod_monitor_selector"),
    podMonitorNamespaceSelector: section.selector("pod_monitor_namespace_selector") ?? EVERYTHING,
    scrapeConfigSelector: section.selector("scrape_config_selector"),
    scrapeConfigNamespaceSelector: section.selector("scrape_config_namespace_selector") ?? EVERYTHING,
    probeSelector: section.selector("probe_selector"),
    probeNamespaceSelector: section.selector("probe_namespace_selector") ?? EVERYTHING,
    scrapeIntervalMs: section.durationMs("scrape_interval", DEFAULT_CR_INTERVAL_MS),
    evaluationIntervalMs: section.durationMs("evaluation_interval", 0),
    scrapeProtocols: section.texts("scrape_protocols", DEFAULT_CR_PROTOCOLS),
    scrapeClasses: section.objects("scrape_classes"),
    denyFsAccessThroughSms: section.flag("deny_fs_access_through_sms"),
    allowedFilePaths: section.texts("allowed_file_paths"),
  };
}

function readHttps(section: FileSection): HttpsSettings {
  return {
    enabled: section.flag("enabled"),
    listen: readAddress(section, ":8443"),
    caFilePath: section.text("ca_file_path", ""),
    tlsCertFilePath: section.text("tls_cert_file_path", ""),
    tlsKeyFilePath: section.text("tls_key_file_path", ""),
  };
}

/**
 * Whether a file, with everything that environment and flags replaced in it, can be run. Throws ConfigError with all
 * problems at once.
 */
export function checkTargetAllocatorFile(file: TargetAllocatorFile): void {
  const problems = [...jobProblems(file), ...strategyProblems(file), ...httpsProblems(file.https)];
  if (problems.length > 0) throw new ConfigError(problems);
}

function jobProblems({
  scrapeConfigs,
  prometheusCr,
  collectors,
  collectorNamespace,
}: TargetAllocatorFile): readonly string[] {
  const problems: string[] = [];
  const jobCount = (scrapeConfigs?.jobs.length ?? 0) + (scrapeConfigs?.rejected.length ?? 0);
  if (jobCount === 0 && !prometheusCr.enabled) {
    problems.push("config.scrape_configs: needs at least one job, unless prometheus_cr.enabled is true");
  }
  if (collectorNamespace === "" && collectors === undefined) {
    problems.push("collector_namespace: is missing; set it here or in the environment as OTELCOL_NAMESPACE");
  }
  if (prometheusCr.allowNamespaces.length > 0 && prometheusCr.denyNamespaces.length > 0) {
    problems.push("prometheus_cr: allow_namespaces and deny_namespaces exclude each other");
  }
  return problems;
}

function strategyProblems({ allocationStrategy, allocationFallbackStrategy }: TargetAllocatorFile): readonly string[] {
  const known: readonly string[] = STRATEGY_NAMES;
  const strategies = {
    allocation_strategy: allocationStrategy,
    allocation_fallback_strategy: allocationFallbackStrategy,
  };
  return Object.entries(strategies).flatMap(([key, name]) => {
    if (known.includes(name) || (name === "" && key === "allocation_fallback_strategy")) return [];
    return [`${key}: ${JSON.stringify(name)} is no strategy; there are ${known.join(", ")}`];
  });
}

function httpsProblems(https: HttpsSettings): readonly string[] {
  if (!https.enabled) return [];
  const files = {
    ca_file_path: https.caFilePath,
    tls_cert_file_path: https.tlsCertFilePath,
    tls_key_file_path: https.tlsKeyFilePath,
  };
  return Object.entries(files).flatMap(([key, path]) => (path === "" ? [`https.${key}: is missing`] : []));
}
