import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { stringify } from "yaml";

import type { DataObject, DataValue } from "../../src/allocator/index.ts";
import { CASE_FILES, generateCase, readCases } from "../support/monitor-cases.ts";
import { promtool } from "../support/promtool.ts";

const NOT_BUILT = "Debian builds without it";

/** Keys that Debian's Prometheus 2.42 does not know, with the version that brought them, or why. */
const UNKNOWN_KEYS: Readonly<Record<string, string>> = {
  always_scrape_classic_histograms: "3.0",
  ca: "later than 2.42",
  cert: "later than 2.42",
  consul_sd_configs: NOT_BUILT,
  convert_classic_histograms_to_nhcb: "3.0",
  enable_compression: "2.49",
  fallback_scrape_protocol: "3.0",
  keep_dropped_targets: "2.47",
  key: "later than 2.42",
  kubernetes_sd_configs: NOT_BUILT,
  kuma_sd_configs: NOT_BUILT,
  label_selector: "3.5",
  linode_sd_configs: NOT_BUILT,
  match_first_network: "2.54",
  metric_name_escaping_scheme: "3.4",
  metric_name_validation_scheme: "3.0",
  native_histogram_bucket_limit: "2.45",
  native_histogram_min_bucket_factor: "2.50",
  no_proxy: "2.43",
  nomad_sd_configs: NOT_BUILT,
  proxy_connect_header: "2.43",
  proxy_from_environment: "2.43",
  scrape_native_histograms: "3.8",
  scrape_protocols: "2.49",
  track_timestamps_staleness: "2.48",
};

/** Cases with values that Prometheus 2.42 refuses, and why. */
const REFUSED_CASES: Readonly<Record<string, string>> = {
  "azureSDConfigs with a method of later versions": "SDK is of 2.52, WorkloadIdentity of 3.11",
  "openstackSDConfigs with a role of later versions": "LoadBalancer is of 3.2",
  "tlsConfig with a certificate from a Secret and a key from a file": "without the certificate, the key is alone",
  "relabelings with names that are not of the old kind": "label names in UTF-8 are of 3.0",
};

/**
 * Whether Prometheus itself takes the documents of the golden files. Debian's version is years older than the one that
 * monitors are written for, so what it cannot know is taken out first.
 */
describe("promtool check config", () => {
  let dir = "";
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "promtool-"));
  });
  afterAll(() => {
    rmSync(dir, { recursive: true });
  });

  it.each(CASE_FILES)("takes what becomes of each $kind", ({ kind, path }) => {
    const documents = readCases(path)
      .filter(({ name }) => REFUSED_CASES[name] === undefined)
      .flatMap((each) => generateCase(kind, each).map((document) => ({ name: each.name, document })));
    expect(documents.length).toBeGreaterThan(30);
    const jobs = documents.map(({ name, document }, index) => {
      const known = withFilesIn(dir, withoutUnknownKeys(document)) as DataObject;
      return Object.assign({}, known, { job_name: `${name} (${String(index)})` });
    });
    const file = join(dir, `${kind}.yaml`);
    writeFileSync(file, stringify({ scrape_configs: jobs }, { aliasDuplicateObjects: false }));
    expect(promtool("check", "config", file)).toMatch(/SUCCESS: .* is valid prometheus config file syntax/);
  });
});

function withoutUnknownKeys(value: DataValue | undefined): DataValue {
  if (Array.isArray(value)) return value.map((each: DataValue) => withoutUnknownKeys(each));
  if (typeof value !== "object" || value === null) return value ?? null;
  const known = Object.entries(value).filter(([key]) => UNKNOWN_KEYS[key] === undefined);
  return Object.fromEntries(known.map(([key, each]) => [key, withoutUnknownKeys(each)]));
}

/** It looks whether files are there, so they are made, empty, below a directory. */
function withFilesIn(dir: string, value: DataValue | undefined, key = ""): DataValue {
  if (typeof value === "string" && key.endsWith("_file")) return emptyFile(join(dir, value));
  if (Array.isArray(value)) return value.map((each: DataValue) => withFilesIn(dir, each));
  if (typeof value !== "object" || value === null) return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withFilesIn(dir, each, name)]));
}

function emptyFile(path: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, "");
  return path;
}
