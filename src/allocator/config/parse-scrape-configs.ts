import { hash } from "node:crypto";

import { compareBytewise } from "../labels/bytewise.ts";
import type { RelabelConfig } from "../relabel/relabel-config.ts";
import { decodeSettings, isList, isObject, kindOf, Place } from "./decode-settings.ts";
import { DISCOVERY_KEYS, isMechanism, mechanismOf, STATIC_KEY } from "./discovery-settings.ts";
import { durationSetting, globalSettingsOf } from "./global-settings.ts";
import { toJsonText } from "./json-text.ts";
import { relabelConfigsOf } from "./relabel-settings.ts";
import type { DataObject, DataValue, DiscoveryConfig, ScrapeConfig } from "./scrape-config.ts";
import { checkJob, inheritGlobalSettings, nameSchemeOf, SCRAPE } from "./scrape-settings.ts";
import { sectionSetting, sectionsSetting, textSetting } from "./setting-values.ts";

/** A job that is not served, because collectors would refuse it, and with it all others. */
export interface RejectedJob {
  /** `""` when the entry has no name. */
  readonly jobName: string;
  /** Sentences that name the place in the file, what was read and what must hold. */
  readonly problems: readonly string[];
}

/** What a Prometheus configuration says about scraping. */
export interface ParsedScrapeConfigs {
  /** In the order of the file. */
  readonly jobs: readonly ScrapeConfig[];
  readonly rejected: readonly RejectedJob[];
  /** Problems outside of jobs. When there are any, the jobs cannot be trusted and the file must not be used. */
  readonly problems: readonly string[];
}

/**
 * Decodes, completes and validates a Prometheus configuration, of which only `global` and `scrape_configs` matter.
 * Where Prometheus refuses the whole file because of one job, only that job is refused here. Of two jobs with one
 * name the first one stays.
 */
export function parseScrapeConfigs(config: DataObject): ParsedScrapeConfigs {
  const problems: string[] = [];
  const global = globalSettingsOf(config["global"], new Place("global", problems));
  const entries = config["scrape_configs"] ?? [];
  if (!isList(entries)) return { jobs: [], rejected: [], problems: [...problems, notAList(entries)] };
  const jobs = new Map<string, ScrapeConfig>();
  const rejected: RejectedJob[] = [];
  for (const [index, entry] of entries.entries()) {
    const path = `scrape_configs[${String(index)}]`;
    const { job, ...outcome } = parseJob(entry, global, path);
    const first = job === undefined ? undefined : jobs.get(job.jobName);
    if (first !== undefined) outcome.problems.push(duplicateName(path, outcome.jobName));
    if (outcome.problems.length > 0) rejected.push(outcome);
    else if (job !== undefined) jobs.set(job.jobName, job);
  }
  return { jobs: [...jobs.values()], rejected, problems };
}

function notAList(entries: DataValue): string {
  return `scrape_configs: must be a list, not ${kindOf(entries)}`;
}

function duplicateName(path: string, jobName: string): string {
  return `${path}.job_name: ${JSON.stringify(jobName)} is the name of an earlier job; rename this one`;
}

interface Outcome {
  readonly jobName: string;
  readonly problems: string[];
  readonly job?: ScrapeConfig;
}

function parseJob(entry: DataValue, global: DataObject, path: string): Outcome {
  const problems: string[] = [];
  const place = new Place(path, problems);
  if (!isObject(entry)) {
    place.report(`must be a mapping, not ${kindOf(entry)}`);
    return { jobName: "", problems };
  }
  const decoded = decodeSettings(SCRAPE, entry, place);
  const decodeProblems = [...problems];
  const report = (key: string, problem: string): void => place.below(key).report(problem);
  const settings = inheritGlobalSettings(checkJob(decoded, report), global, report);
  const rules = (key: string): readonly RelabelConfig[] =>
    relabelConfigsOf(sectionsSetting(settings, key), nameSchemeOf(settings), (at, problem) => {
      // A rule that could not be decoded has defaults in it, which would only raise problems that are none.
      const rule = `${path}.${key}${at.slice(0, at.indexOf("]") + 1)}`;
      if (!decodeProblems.some((known) => known.startsWith(rule))) report(key + at, problem);
    });
  const relabelConfigs = rules("relabel_configs");
  rules("metric_relabel_configs");
  const jobName = textSetting(settings, "job_name");
  if (problems.length > 0) return { jobName, problems };
  const discovery = [...discoveryOf(settings), ...unknownDiscovery(entry)];
  return { jobName, problems, job: { ...toScrapeConfig(settings, relabelConfigs), discovery } };
}

function toScrapeConfig(
  settings: DataObject,
  relabelConfigs: readonly RelabelConfig[],
): Omit<ScrapeConfig, "discovery"> {
  return {
    jobName: textSetting(settings, "job_name"),
    scrapeIntervalMs: durationSetting(settings, "scrape_interval"),
    scrapeTimeoutMs: durationSetting(settings, "scrape_timeout"),
    metricsPath: textSetting(settings, "metrics_path"),
    scheme: textSetting(settings, "scheme"),
    params: sortedParams(settings),
    nameScheme: nameSchemeOf(settings),
    relabelConfigs,
    settings,
    // A digest, because the text of thousands of jobs would be kept for nothing but comparing.
    canonicalKey: hash("sha256", toJsonText(settings), "base64"),
  };
}

function sortedParams(settings: DataObject): ScrapeConfig["params"] {
  const params = Object.entries(sectionSetting(settings, "params")) as [string, readonly string[] | null][];
  params.sort(([a], [b]) => compareBytewise(a, b));
  return Object.fromEntries(params.map(([name, values]) => [name, values ?? []]));
}

function discoveryOf(settings: DataObject): readonly DiscoveryConfig[] {
  const configs = DISCOVERY_KEYS.flatMap(({ mechanism, key }) =>
    sectionsSetting(settings, key).map((each) => discoveryConfig(mechanism, each)),
  );
  const groups = sectionsSetting(settings, STATIC_KEY);
  return groups.length === 0 ? configs : [...configs, discoveryConfig("static", { groups })];
}

/**
 * Unknown keys do not matter, as in the Go allocator. But a job that asks for a discovery that nobody has would look as if
 * it had no targets; so it is handed on for somebody to fail at it. Of its settings nothing is known, secrets included.
 */
function unknownDiscovery(entry: DataObject): readonly DiscoveryConfig[] {
  return Object.entries(entry).flatMap(([key, value]) => {
    const mechanism = mechanismOf(key);
    const asked = isList(value) ? value.length > 0 : value !== null;
    return mechanism === undefined || isMechanism(mechanism) || !asked ? [] : [discoveryConfig(mechanism, {})];
  });
}

function discoveryConfig(mechanism: string, settings: DataObject): DiscoveryConfig {
  return { mechanism, settings, canonicalKey: `${mechanism}:${toJsonText(settings)}` };
}
