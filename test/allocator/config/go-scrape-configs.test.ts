import { readFileSync } from "node:fs";

import { describe, expect, it } from "@jest/globals";

import { parseScrapeConfigs } from "../../../src/allocator/config/parse-scrape-configs.ts";
import { renderScrapeConfigs, type RenderOptions } from "../../../src/allocator/config/render-scrape-configs.ts";
import type { DataObject } from "../../../src/allocator/config/scrape-config.ts";
import { readGoYaml } from "../../../src/options/go-yaml.ts";
import { type ServedJobs, withoutEmptyRuleFields } from "../../support/scrape-config-answers.ts";

/**
 * Recorded from Prometheus' own configuration package, read and written the way the Go target allocator does it: random
 * jobs with every section, every mechanism and every kind of value, and a typical section of each mechanism.
 */
interface Recorded {
  readonly yaml: string;
  readonly error?: string;
  readonly masked?: ServedJobs;
  /** Absent when there is no secret in it. */
  readonly clear?: ServedJobs;
}

const RECORDED = JSON.parse(
  readFileSync(new URL("testdata/go-scrape-configs.json", import.meta.url), "utf8"),
) as readonly Recorded[];

const parse = (yaml: string): ReturnType<typeof parseScrapeConfigs> =>
  parseScrapeConfigs(readGoYaml(yaml) as DataObject);

function served(yaml: string, secrets: RenderOptions["secrets"]): ServedJobs {
  const text = renderScrapeConfigs(parse(yaml).jobs, { secrets });
  return withoutEmptyRuleFields(JSON.parse(text) as ServedJobs);
}

/** Go hides passwords in some URLs even where it shows all other secrets, and in others not even where it hides them. */
const withMaskedUrls = (jobs: ServedJobs): ServedJobs =>
  JSON.parse(JSON.stringify(jobs).replaceAll(/(:\/\/[^/"@:]*):[^/"@]*@/g, "$1:xxxxx@")) as ServedJobs;

describe("scrape configurations agree with Prometheus' own reader and writer", () => {
  const refused = RECORDED.filter(({ error }) => error !== undefined);
  const accepted = RECORDED.filter(({ error }) => error === undefined);

  it("was compared with enough of both kinds", () => {
    expect(refused.length).toBeGreaterThan(80);
    expect(accepted.length).toBeGreaterThan(140);
  });

  it.each(refused)("refuses what Prometheus refuses: $error", ({ yaml }) => {
    const { rejected, problems } = parse(yaml);
    expect(rejected.length + problems.length).toBeGreaterThan(0);
  });

  it.each(accepted.map((each, index) => [index, each] as const))(
    "serves case %i as Prometheus writes it",
    (_index, { yaml, masked, clear }) => {
      expect(served(yaml, "masked")).toEqual(withMaskedUrls(withoutEmptyRuleFields(masked ?? {})));
      expect(withMaskedUrls(served(yaml, "clear"))).toEqual(withoutEmptyRuleFields(clear ?? masked ?? {}));
    },
  );
});
