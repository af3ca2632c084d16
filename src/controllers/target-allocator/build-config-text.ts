import { settingsOf } from "../../api/opentelemetry/components.ts";
import type {
  FreeForm,
  LabelSelector,
  MtlsSpec,
  PrometheusCRSpec,
  StrategySettings,
} from "../../api/opentelemetry/v1beta1.ts";
import { toAllocatorYaml } from "../manifests/allocator-yaml.ts";
import { canonicalDuration } from "../manifests/go-duration.ts";
import { present, unlessEmpty } from "../manifests/manifest.ts";
import type { AllocatorInput, ScrapeSection } from "./allocator-input.ts";
import { ALLOCATOR_TLS_PORT } from "./container-ports.ts";
import { certificateSource, TLS_FILES } from "./mutual-tls.ts";

/** The text of `targetallocator.yaml`, as the Go operator writes it. */
export function buildAllocatorFile({ spec, collectorSelector, scrapeSection, settings }: AllocatorInput): string {
  const gracePeriod = spec.collectorNotReadyGracePeriod;
  return toAllocatorYaml(
    present({
      allocation_fallback_strategy: settings.fallbackStrategy === true ? "consistent-hashing" : undefined,
      allocation_strategy: spec.allocationStrategy ?? "consistent-hashing",
      allocation_strategy_settings: toStrategySettings(spec.strategySettings),
      allow_insecure_auth_secrets: spec.allowInsecureAuthSecrets === true ? true : undefined,
      collector_not_ready_grace_period: gracePeriod === undefined ? undefined : canonicalDuration(gracePeriod),
      collector_selector: toSelector(collectorSelector),
      config: toConfig(scrapeSection),
      filter_strategy: spec.filterStrategy ?? "",
      https: toHttps(spec.mtls),
      handover: spec.handover === "acknowledged" ? "acknowledged" : undefined,
      prometheus_cr: toPrometheusCR(spec.prometheusCR),
      receivers: toReceivers(scrapeSection),
    }),
  );
}

function toHttps(mtls: MtlsSpec | undefined): FreeForm | undefined {
  if (certificateSource(mtls) === undefined) return undefined;
  return {
    enabled: true,
    listen_addr: `:${String(ALLOCATOR_TLS_PORT)}`,
    ca_file_path: TLS_FILES.authority,
    tls_cert_file_path: TLS_FILES.certificate,
    tls_key_file_path: TLS_FILES.key,
  };
}

function toStrategySettings(settings: StrategySettings | undefined): FreeForm | undefined {
  if (settings === undefined || Object.keys(settings).length === 0) return undefined;
  return present({
    key: settings.key,
    weight_labels: settings.weightLabels,
    zone_labels: settings.zoneLabels,
    node_zone_label: settings.nodeZoneLabel,
    max_skew_percent: settings.maxSkewPercent,
    rebalance_above_percent: settings.rebalanceAbovePercent,
    rebalance_to_percent: settings.rebalanceToPercent,
    max_moves_per_minute: settings.maxMovesPerMinute,
  });
}

/** Of the first receiver: the jobs that no other has. */
function toConfig({ global, scrapeConfigs, receivers = [] }: ScrapeSection): FreeForm | undefined {
  const taken = new Set(receivers.slice(1).flatMap(({ jobs }) => jobs));
  return toPrometheusConfig(
    global,
    scrapeConfigs.filter((job) => !taken.has(nameOf(job))),
  );
}

/** A key of ours: the Go operator knows one receiver only. */
function toReceivers({ receivers, scrapeConfigs }: ScrapeSection): readonly FreeForm[] | undefined {
  return receivers?.map(({ name, global, jobs }, at) => {
    const own = new Set(jobs);
    const theirs = at === 0 ? [] : scrapeConfigs.filter((job) => own.has(nameOf(job)));
    return present({ name, config: at === 0 ? undefined : toPrometheusConfig(global, theirs) });
  });
}

function toPrometheusConfig(global: FreeForm | undefined, jobs: readonly unknown[]): FreeForm | undefined {
  const config = present({ global, scrape_configs: unlessEmpty(jobs) });
  return Object.keys(config).length === 0 ? undefined : config;
}

function nameOf(job: unknown): string {
  const name = settingsOf(job)["job_name"];
  return typeof name === "string" ? name : "";
}

/** Selectors are written by Go's own field names, and in the order of its struct. */
function toSelector(selector: LabelSelector | undefined): ReadonlyMap<string, unknown> | null {
  if (selector === undefined) return null;
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values }) => ({
    key,
    operator,
    values: values ?? [],
  }));
  return new Map<string, unknown>([
    ["matchlabels", selector.matchLabels ?? {}],
    ["matchexpressions", expressions],
  ]);
}

function toPrometheusCR(spec: PrometheusCRSpec | undefined): FreeForm | undefined {
  if (spec?.enabled !== true) return undefined;
  return present({
    enabled: true,
    scrape_interval: durationOf(spec.scrapeInterval),
    evaluation_interval: durationOf(spec.evaluationInterval),
    scrape_protocols: unlessEmpty(spec.scrapeProtocols),
    scrape_classes: unlessEmpty(spec.scrapeClasses),
    allow_namespaces: unlessEmpty(spec.allowNamespaces),
    deny_namespaces: unlessEmpty(spec.denyNamespaces),
    secret_namespaces: unlessEmpty(spec.secretNamespaces),
    deny_fs_access_through_sms: spec.denyFSAccessThroughSMs === true ? true : undefined,
    allowed_file_paths: unlessEmpty(spec.allowedFilePaths),
    service_monitor_selector: toSelector(spec.serviceMonitorSelector),
    service_monitor_namespace_selector: toSelector(spec.serviceMonitorNamespaceSelector),
    pod_monitor_selector: toSelector(spec.podMonitorSelector),
    pod_monitor_namespace_selector: toSelector(spec.podMonitorNamespaceSelector),
    scrape_config_selector: toSelector(spec.scrapeConfigSelector),
    scrape_config_namespace_selector: toSelector(spec.scrapeConfigNamespaceSelector),
    probe_selector: toSelector(spec.probeSelector),
    probe_namespace_selector: toSelector(spec.probeNamespaceSelector),
  });
}

function durationOf(text: string | undefined): string | undefined {
  return text === undefined ? undefined : canonicalDuration(text);
}
