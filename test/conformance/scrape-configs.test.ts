import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";

import { describe, expect, it } from "@jest/globals";

import { parseScrapeConfigs, renderScrapeConfigs, type DataObject } from "../../src/allocator/index.ts";
import { readGoYaml } from "../../src/options/go-yaml.ts";
import { type ServedJobs, withoutEmptyRuleFields } from "../support/scrape-config-answers.ts";

/**
 * What the Go target allocator answered on /scrape_configs for 77 configuration files of our own. Compared as JSON
 * values, field by field. Two things differ on purpose:
 * - Rules with an empty replacement, separator or regex: Go loses them on the wire, and collectors then relabel with
 *   the defaults. Here they are served, so both forms count as equal.
 * - kubeconfig_file is the path of the recording machine.
 */
const TESTDATA = new URL("testdata/", import.meta.url);
const CASES = readdirSync(new URL("configs/", TESTDATA))
  .filter((file) => file.endsWith(".yaml"))
  .map((file) => basename(file, ".yaml"));

describe("/scrape_configs of the recorded configuration files", () => {
  it("covers every recorded file", () => {
    expect(CASES).toHaveLength(77);
  });

  it.each(CASES)("%s agrees with the Go target allocator", (name) => {
    const { jobs, rejected, problems } = parseScrapeConfigs(configOf(name));
    expect({ rejected, problems }).toEqual({ rejected: [], problems: [] });
    const served = JSON.parse(renderScrapeConfigs(jobs, { secrets: "masked" })) as ServedJobs;
    const recorded = JSON.parse(read(`expected/${name}.json`)) as { readonly scrape_configs: ServedJobs };
    expect(comparable(served)).toEqual(comparable(recorded.scrape_configs));
  });
});

function read(file: string): string {
  const text = readFileSync(new URL(file, TESTDATA), "utf8");
  return text.replaceAll("@HERE@", "/here").replaceAll("@KUBECONFIG@", "/kubeconfig");
}

function configOf(name: string): DataObject {
  return (readGoYaml(read(`configs/${name}.yaml`)) as { readonly config: DataObject }).config;
}

function comparable(jobs: ServedJobs): ServedJobs {
  for (const job of Object.values(jobs) as Record<string, ServedJobs[] | undefined>[]) {
    for (const sd of job["kubernetes_sd_configs"] ?? []) delete sd["kubeconfig_file"];
  }
  return withoutEmptyRuleFields(jobs);
}
