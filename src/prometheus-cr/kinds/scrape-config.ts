import type { DataObject, DataValue } from "../../allocator/index.ts";
import type { GenerateScrapeConfigs } from "../generation-context.ts";
import { generated, generationScope, type GenerationScope } from "../generation-scope.ts";
import { camelCase } from "../generation/camel-case.ts";
import { discoveryFieldPath, discoverySections } from "../generation/discovery-sections.ts";
import { httpSections, withoutEmptyAuthorization, withoutEmptyTls } from "../generation/http-sections.ts";
import { intervalKeys } from "../generation/intervals.ts";
import { bodySizeKey, limitKeys, protocolKeys } from "../generation/limits.ts";
import { proxyKeys } from "../generation/proxy.ts";
import { knownRules, metricRelabelKey, relabelRules } from "../generation/relabel-rules.ts";
import { KEEP_JOB_NAME } from "../generation/rules.ts";
import { sortedByKey } from "../generation/sorted-by-key.ts";
import { reportUnusable } from "../generation/unusable-document.ts";
import { given } from "../given.ts";
import { SCRAPE_CONFIG } from "../resources.ts";
import type { TypeOf } from "../shape.ts";

type ScrapeConfigSpec = TypeOf<typeof SCRAPE_CONFIG>;

const ESCAPING_SCHEMES: Readonly<Record<string, string>> = {
  AllowUTF8: "allow-utf-8",
  Underscores: "underscores",
  Dots: "dots",
  Values: "values",
};

/** One job, named `scrapeConfig/NAMESPACE/NAME`; `jobName` only sets the label. */
export const generateScrapeConfig: GenerateScrapeConfigs = (monitor, context) => {
  const scope = generationScope(monitor, SCRAPE_CONFIG, context);
  const { spec, field, scrapeClass, namespace, name } = scope;
  const { scrapeInterval, scrapeTimeout } = spec;
  const http = httpSections(withoutEmptyAuthorization(withoutEmptyTls(spec)), field, scope);
  const keys = given<DataValue>({
    job_name: `scrapeConfig/${namespace}/${name}`,
    honor_timestamps: spec.honorTimestamps,
    track_timestamps_staleness: spec.trackTimestampsStaleness,
    honor_labels: spec.honorLabels,
    metrics_path: spec.metricsPath,
    params: paramsOf(spec),
    enable_compression: spec.enableCompression,
    enable_http2: spec.enableHTTP2,
    ...intervalKeys({ scrapeInterval, scrapeTimeout }, field, scope.settings.scrapeIntervalMs),
    ...protocolKeys(spec, scrapeClass),
    scheme: spec.scheme?.toLowerCase(),
    ...proxyKeys(spec, field),
    ...http.basicAuth,
    ...http.authorization,
    ...http.oauth2,
    ...http.tls,
    ...limitKeys(spec, field),
    ...bodySizeKey(spec),
    ...discoverySections(monitor.spec ?? {}, field),
    relabel_configs: targetRules(scope),
    ...metricRelabelKey(scrapeClass.metricRelabelings, spec.metricRelabelings, field),
    ...nameKeys(spec),
  });
  const document = field.unlessRefused(keys);
  reportUnusable(document, scope.settings, field, (path) => fieldPath(path, scope));
  return generated(scope, [document]);
};

/** Keys whose fields have names of their own. */
const FIELDS: Readonly<Record<string, string>> = {
  metric_name_validation_scheme: "nameValidationScheme",
  metric_name_escaping_scheme: "nameEscapingScheme",
};

function fieldPath(path: string, scope: GenerationScope<ScrapeConfigSpec>): string {
  const rule = /^relabel_configs\[(?<index>\d+)\](?<rest>.*)$/.exec(path)?.groups;
  if (rule === undefined) return discoveryFieldPath(path) ?? FIELDS[path] ?? camelCase(path);
  const { relabelings = [] } = scope.spec;
  const own = Number(rule["index"]) - (targetRules(scope).length - relabelings.length);
  return own < 0 ? "scrapeClass" : `relabelings[${String(own)}]${camelCase(rule["rest"] ?? "")}`;
}

function paramsOf({ params = {} }: ScrapeConfigSpec): DataObject | undefined {
  return Object.keys(params).length === 0 ? undefined : Object.fromEntries(sortedByKey(params));
}

/** Unlike elsewhere, the rules of the scrape class come before the name of the job, and nothing is sharded. */
function targetRules({ spec, scrapeClass, field }: GenerationScope<ScrapeConfigSpec>): readonly DataObject[] {
  const { jobName } = spec;
  return [
    KEEP_JOB_NAME,
    ...knownRules(scrapeClass.relabelings),
    ...(jobName === undefined ? [] : [{ target_label: "job", action: "replace", replacement: jobName }]),
    ...relabelRules(spec.relabelings, field.below("relabelings")),
  ];
}

function nameKeys({ nameValidationScheme, nameEscapingScheme }: ScrapeConfigSpec): DataObject {
  return given({
    metric_name_validation_scheme: nameValidationScheme?.toLowerCase(),
    metric_name_escaping_scheme: ESCAPING_SCHEMES[nameEscapingScheme ?? ""],
  });
}
