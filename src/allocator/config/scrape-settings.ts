import type { NameScheme } from "../relabel/label-name.ts";
import { DISCOVERY_FIELDS, STATIC_KEY } from "./discovery-settings.ts";
import { formatDuration } from "./duration.ts";
import { durationSetting, escapingSchemeProblem, validationSchemeProblem } from "./global-settings.ts";
import { checkHttpClient, HTTP_CLIENT_FIELDS } from "./http-client-settings.ts";
import { RELABEL_RULES } from "./relabel-settings.ts";
import type { DataObject, DataValue } from "./scrape-config.ts";
import { DEFAULT_PROTOCOLS, PROTO_FIRST_PROTOCOLS, protocolProblem, protocolsProblem } from "./scrape-protocols.ts";
import { fieldsOf, listOf, mapOf, type Report, type Schema } from "./setting-schema.ts";
import { listSetting, sectionsSetting, textSetting, textsSetting } from "./setting-values.ts";

/** One entry of `scrape_configs`. https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config */
export const SCRAPE: Schema = {
  fields: [
    ...fieldsOf(
      `job_name! honor_labels?:bool honor_timestamps!:bool=true track_timestamps_staleness!:bool params?:params
      scrape_interval?:duration scrape_timeout?:duration scrape_protocols?:strings fallback_scrape_protocol?
      scrape_native_histograms!:bool* always_scrape_classic_histograms!:bool*
      convert_classic_histograms_to_nhcb!:bool* scrape_failure_log_file? metrics_path?=/metrics scheme?=http
      enable_compression!:bool=true body_size_limit?:bytes sample_limit?:uint target_limit?:uint label_limit?:uint
      label_name_length_limit?:uint label_value_length_limit?:uint native_histogram_bucket_limit?:uint
      native_histogram_min_bucket_factor?:float keep_dropped_targets?:uint metric_name_validation_scheme?
      metric_name_escaping_scheme? extra_scrape_metrics!:bool* relabel_configs?:rules metric_relabel_configs?:rules`,
      { params: mapOf(listOf({ type: "string" })), rules: RELABEL_RULES },
    ),
    ...HTTP_CLIENT_FIELDS,
    ...DISCOVERY_FIELDS,
  ],
};

/** Settings that a job takes from `global` when its own value is zero. */
const INHERITED_WHEN_ZERO = [
  "body_size_limit",
  "sample_limit",
  "target_limit",
  "label_limit",
  "label_name_length_limit",
  "label_value_length_limit",
  "keep_dropped_targets",
  "scrape_failure_log_file",
];

/** Settings that a job takes from `global` when it does not set them. */
const INHERITED_WHEN_UNSET = [
  "scrape_native_histograms",
  "extra_scrape_metrics",
  "convert_classic_histograms_to_nhcb",
  "always_scrape_classic_histograms",
];

/** Validates the decoded settings of a job by themselves; returns them with what Prometheus moves. */
export function checkJob(raw: DataObject, report: Report): DataObject {
  if (textSetting(raw, "job_name") === "") report("job_name", "is missing or empty");
  const settings = checkHttpClient(raw, report);
  if (listSetting(settings, "relabel_configs").length > 0) return settings;
  for (const [index, group] of sectionsSetting(settings, STATIC_KEY).entries()) {
    const url = textsSetting(group, "targets").find((target) => target.includes("/"));
    if (url === undefined) continue;
    report(
      `${STATIC_KEY}[${String(index)}].targets`,
      `${JSON.stringify(url)} must be host:port, without scheme and path`,
    );
  }
  return settings;
}

/**
 * The settings of a job, completed from the completed global ones, in Prometheus' order of steps. Reports what makes
 * the job unusable.
 */
export function inheritGlobalSettings(job: DataObject, global: DataObject, report: Report): DataObject {
  const settings: Record<string, DataValue | undefined> = { ...job };
  for (const key of INHERITED_WHEN_ZERO) if (isZero(settings[key])) settings[key] = global[key];
  for (const key of INHERITED_WHEN_UNSET) settings[key] ??= global[key] ?? false;
  return {
    ...settings,
    ...intervals(job, global, report),
    ...protocols(settings, global, report),
    ...nameSchemes(job, global, report),
  };
}

/** The scheme of a completed job. */
export function nameSchemeOf(settings: DataObject): NameScheme {
  return textSetting(settings, "metric_name_validation_scheme") === "legacy" ? "legacy" : "utf8";
}

function isZero(value: DataValue | undefined): boolean {
  return value === 0 || value === "0B" || value === "";
}

function intervals(job: DataObject, global: DataObject, report: Report): DataObject {
  const intervalMs = durationSetting(job, "scrape_interval") || durationSetting(global, "scrape_interval");
  const ownTimeoutMs = durationSetting(job, "scrape_timeout");
  if (ownTimeoutMs > intervalMs) {
    report(
      "scrape_timeout",
      `${formatDuration(ownTimeoutMs)} is longer than scrape_interval (${formatDuration(intervalMs)})`,
    );
  }
  const timeoutMs = ownTimeoutMs || Math.min(durationSetting(global, "scrape_timeout"), intervalMs);
  return { scrape_interval: formatDuration(intervalMs), scrape_timeout: formatDuration(timeoutMs) };
}

function protocols(settings: DataObject, global: DataObject, report: Report): DataObject {
  const histograms = settings["scrape_native_histograms"] === true;
  const fallback = histograms ? PROTO_FIRST_PROTOCOLS : DEFAULT_PROTOCOLS;
  const list = settings["scrape_protocols"] ?? global["scrape_protocols"] ?? fallback;
  const problem = protocolsProblem(list as readonly string[]);
  if (problem !== undefined) report("scrape_protocols", problem);
  const ofLastResort = textSetting(settings, "fallback_scrape_protocol");
  const unknown = ofLastResort === "" ? undefined : protocolProblem(ofLastResort);
  if (unknown !== undefined) report("fallback_scrape_protocol", unknown);
  return { scrape_protocols: list };
}

function nameSchemes(job: DataObject, global: DataObject, report: Report): DataObject {
  const own = textSetting(job, "metric_name_validation_scheme");
  const unknown = validationSchemeProblem(own);
  if (unknown !== undefined) report("metric_name_validation_scheme", unknown);
  const scheme = own || textSetting(global, "metric_name_validation_scheme");
  // A job that chooses a scheme does not take the global escaping, which may not fit.
  const inherited =
    own === ""
      ? textSetting(global, "metric_name_escaping_scheme")
      : scheme === "legacy"
        ? "underscores"
        : "allow-utf-8";
  const escaping = textSetting(job, "metric_name_escaping_scheme") || inherited;
  const problem =
    escaping === "allow-utf-8" && scheme === "legacy"
      ? "allow-utf-8 does not fit the legacy name validation scheme; use underscores, dots or values"
      : escapingSchemeProblem(escaping);
  if (problem !== undefined) report("metric_name_escaping_scheme", problem);
  return { metric_name_validation_scheme: scheme, metric_name_escaping_scheme: escaping };
}
