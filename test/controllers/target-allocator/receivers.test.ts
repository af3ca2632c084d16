import { describe, expect, it } from "@jest/globals";
import { parse } from "yaml";

import type { ScrapeSection } from "../../../src/controllers/target-allocator/allocator-input.ts";
import { buildAllocatorFile } from "../../../src/controllers/target-allocator/build-config-text.ts";
import { collector, SETTINGS } from "../../support/collectors.ts";

const [web, shop, own] = ["web", "shop", "own"].map((name) => ({ job_name: name }));

function fileOf(scrapeSection: ScrapeSection): Readonly<Record<string, unknown>> {
  const input = { owner: collector(), spec: {}, collectorSelector: undefined, scrapeSection, settings: SETTINGS };
  return parse(buildAllocatorFile(input)) as Readonly<Record<string, unknown>>;
}

describe("the receivers in an allocator's file", () => {
  it("are not in it when they are not told apart", () => {
    expect(fileOf({ global: undefined, scrapeConfigs: [web, shop] })).not.toHaveProperty("receivers");
  });

  it("each have their jobs, the first those that no other names", () => {
    const [everywhere, often] = [{ scrape_interval: "1m" }, { scrape_interval: "5s" }];
    const receivers = [
      { name: "prometheus", global: everywhere, jobs: ["web"] },
      { name: "prometheus/apps", global: often, jobs: ["shop"] },
      { name: "prometheus/none", global: undefined, jobs: [] },
    ];
    expect(fileOf({ global: everywhere, scrapeConfigs: [own, web, shop], receivers })).toMatchObject({
      config: { global: everywhere, scrape_configs: [own, web] },
      receivers: [
        { name: "prometheus" },
        { name: "prometheus/apps", config: { global: often, scrape_configs: [shop] } },
        { name: "prometheus/none" },
      ],
    });
  });
});
