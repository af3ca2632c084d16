import { isLabelName, type NameScheme } from "../relabel/label-name.ts";
import { decodeSettings, defaultsOf, type Place } from "./decode-settings.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import { protocolsProblem } from "./scrape-protocols.ts";
import type { DataObject, DataValue } from "./scrape-config.ts";
import { fieldsOf, type Report, type Schema } from "./setting-schema.ts";
import { sectionSetting, textSetting, textsSetting } from "./setting-values.ts";

const DEFAULT_INTERVAL_MS = 60_000;
const DEFAULT_TIMEOUT_MS = 10_000;

/** How metric names may be changed to fit a scheme. */
const ESCAPING_SCHEMES: readonly string[] = ["allow-utf-8", "underscores", "dots", "values"];

/** The `global` section. https://prometheus.io/docs/prometheus/latest/configuration/configuration/#configuration-file */
export const GLOBAL: Schema = {
  fields: fieldsOf(`
    scrape_interval?:duration scrape_timeout?:duration scrape_protocols?:strings evaluation_interval?:duration
    rule_query_offset?:duration query_log_file? scrape_failure_log_file? external_labels?:map body_size_limit?:bytes
    sample_limit?:uint target_limit?:uint label_limit?:uint label_name_length_limit?:uint
    label_value_length_limit?:uint keep_dropped_targets?:uint metric_name_validation_scheme?
    metric_name_escaping_scheme? scrape_native_histograms?:bool* extra_scrape_metrics?:bool*
    convert_classic_histograms_to_nhcb?:bool always_scrape_classic_histograms?:bool runtime?:any`),
  check: checkGlobal,
};

/** The `global` section, completed; what is absent has Prometheus' defaults. */
export function globalSettingsOf(raw: DataValue | undefined, place: Place): DataObject {
  const settings = raw === undefined || raw === null ? defaultsOf(GLOBAL) : decodeSettings(GLOBAL, raw, place);
  return completed(settings);
}

/** The milliseconds of a duration setting. */
export function durationSetting(settings: DataObject, key: string): number {
  return parseDuration(textSetting(settings, key)) ?? 0;
}

/** What is wrong with the name of an escaping scheme; undefined for a known one and for `""`, which is none. */
export function escapingSchemeProblem(scheme: string): string | undefined {
  if (scheme === "" || ESCAPING_SCHEMES.includes(scheme)) return undefined;
  return `${JSON.stringify(scheme)} is no escaping scheme; there are ${ESCAPING_SCHEMES.join(", ")}`;
}

/** What is wrong with the name of a validation scheme; undefined for a known one and for `""`, which is none. */
export function validationSchemeProblem(scheme: string): string | undefined {
  if (["", "legacy", "utf8"].includes(scheme)) return undefined;
  return `${JSON.stringify(scheme)} is no name validation scheme; there are legacy, utf8`;
}

function completed(settings: DataObject): DataObject {
  const scheme = textSetting(settings, "metric_name_validation_scheme") || "utf8";
  const intervalMs = durationSetting(settings, "scrape_interval") || DEFAULT_INTERVAL_MS;
  const timeoutMs = durationSetting(settings, "scrape_timeout") || Math.min(DEFAULT_TIMEOUT_MS, intervalMs);
  const escaping = textSetting(settings, "metric_name_escaping_scheme");
  return {
    ...settings,
    scrape_interval: formatDuration(intervalMs),
    scrape_timeout: formatDuration(timeoutMs),
    metric_name_validation_scheme: scheme,
    metric_name_escaping_scheme: escaping || (scheme === "legacy" ? "underscores" : "allow-utf-8"),
    scrape_native_histograms: settings["scrape_native_histograms"] ?? false,
    extra_scrape_metrics: settings["extra_scrape_metrics"] ?? false,
  };
}

function checkGlobal(settings: DataObject, report: Report): DataObject {
  const intervalMs = durationSetting(settings, "scrape_interval") || DEFAULT_INTERVAL_MS;
  const timeoutMs = durationSetting(settings, "scrape_timeout");
  if (timeoutMs > intervalMs) {
    report(
      "scrape_timeout",
      `${formatDuration(timeoutMs)} is longer than scrape_interval (${formatDuration(intervalMs)})`,
    );
  }
  const protocols = settings["scrape_protocols"] === undefined ? undefined : textsSetting(settings, "scrape_protocols");
  const problem = protocols === undefined ? undefined : protocolsProblem(protocols);
  if (problem !== undefined) report("scrape_protocols", problem);
  checkSchemes(settings, report);
  return settings;
}

function checkSchemes(settings: DataObject, report: Report): void {
  const scheme = textSetting(settings, "metric_name_validation_scheme");
  const problem = validationSchemeProblem(scheme);
  if (problem !== undefined) report("metric_name_validation_scheme", problem);
  const escaping = escapingSchemeProblem(textSetting(settings, "metric_name_escaping_scheme"));
  if (escaping !== undefined) report("metric_name_escaping_scheme", escaping);
  const names: NameScheme = scheme === "legacy" ? "legacy" : "utf8";
  for (const name of Object.keys(sectionSetting(settings, "external_labels"))) {
    if (!isLabelName(name, names))
      report("external_labels", `${JSON.stringify(name)} is not a label name by the ${names} name validation scheme`);
  }
}
