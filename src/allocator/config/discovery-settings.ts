import { CLOUD_MECHANISMS } from "./cloud-settings.ts";
import { checkHttpClient, HTTP_CLIENT_FIELDS } from "./http-client-settings.ts";
import { KUBERNETES } from "./kubernetes-settings.ts";
import type { DataObject } from "./scrape-config.ts";
import { fieldsOf, strictListOf, type Field, type Report, type Schema } from "./setting-schema.ts";
import { listSetting, sectionSetting, textSetting, textsSetting } from "./setting-values.ts";
import { originOf, withMaskedPassword } from "./url.ts";

/** https://prometheus.io/docs/prometheus/latest/configuration/configuration/#static_config */
const STATIC: Schema = { fields: fieldsOf("targets!:strings labels?:map"), check: checkStatic };

const FILE: Schema = { fields: fieldsOf("files!:strings refresh_interval?:duration=5m"), check: checkFile };

const HTTP: Schema = {
  fields: [...fieldsOf("url!:urlText refresh_interval?:duration=1m"), ...HTTP_CLIENT_FIELDS],
  check: checkHttp,
};

const DNS: Schema = {
  fields: fieldsOf("names!:strings type!=SRV port!:int refresh_interval?:duration=30s"),
  check: checkDns,
};

/** Every discovery mechanism by its name, which is its key without `_sd_configs`. */
const MECHANISMS: ReadonlyMap<string, Schema> = new Map([
  ...CLOUD_MECHANISMS,
  ["dns", DNS],
  ["file", FILE],
  ["http", HTTP],
  ["kubernetes", KUBERNETES],
]);

/** Whether Prometheus has a mechanism of this name, be it supported here or not. */
export function isMechanism(name: string): boolean {
  return name === "static" || MECHANISMS.has(name);
}

/** The mechanism that a key of a job asks for; undefined for other keys. */
export function mechanismOf(key: string): string | undefined {
  return /^(.+)_sd_configs$/.exec(key)?.[1];
}

/** One place of discovery settings in a job. */
export interface DiscoveryKey {
  readonly mechanism: string;
  /** The key in the job. */
  readonly key: string;
}

/** All mechanisms in the order in which Prometheus takes them, without static. */
export const DISCOVERY_KEYS: readonly DiscoveryKey[] = [...MECHANISMS.keys()]
  .toSorted()
  .map((mechanism) => ({ mechanism, key: `${mechanism}_sd_configs` }));

/** The key of static target groups in a job. */
export const STATIC_KEY = "static_configs";

/** The keys of a job that hold discovery settings: lists, in which null is a problem. */
export const DISCOVERY_FIELDS: readonly Field[] = [
  ...[...MECHANISMS].map(([mechanism, schema]) => discoveryField(`${mechanism}_sd_configs`, schema)),
  discoveryField(STATIC_KEY, STATIC),
];

function discoveryField(key: string, schema: Schema): Field {
  return { key, type: strictListOf(schema), unsetBy: "nothing", always: false };
}

function checkStatic(settings: DataObject, report: Report): DataObject {
  if (Object.hasOwn(sectionSetting(settings, "labels"), "")) report("labels", "has an empty label name");
  return settings;
}

function checkFile(settings: DataObject, report: Report): DataObject {
  const files = textsSetting(settings, "files");
  if (files.length === 0) report("files", "is missing or empty");
  for (const [index, file] of files.entries()) {
    if (/^[^*]*(?:\*[^/]*)?\.(?:json|yml|yaml|JSON|YML|YAML)$/.test(file)) continue;
    report(
      `files[${String(index)}]`,
      `${JSON.stringify(file)} must end in .json, .yml or .yaml, with * only behind the last slash`,
    );
  }
  return settings;
}

function checkHttp(settings: DataObject, report: Report): DataObject {
  const url = textSetting(settings, "url");
  const origin = originOf(url);
  if (url === "") report("url", "is missing");
  else if (origin === undefined || !["http", "https"].includes(origin.scheme)) {
    report("url", `${JSON.stringify(withMaskedPassword(url))} must be an http or https URL with a host`);
  }
  return checkHttpClient(settings, report);
}

const RECORD_TYPES = ["SRV", "A", "AAAA", "MX", "NS"];

function checkDns(settings: DataObject, report: Report): DataObject {
  const type = textSetting(settings, "type").toUpperCase();
  if (listSetting(settings, "names").length === 0) report("names", "is missing or empty");
  if (!RECORD_TYPES.includes(type)) {
    report("type", `${JSON.stringify(settings["type"])} is no record type; there are ${RECORD_TYPES.join(", ")}`);
  } else if (type !== "SRV" && settings["port"] === 0) report("port", `is missing, which ${type} records need`);
  return settings;
}
