import { describe, expect, it } from "@jest/globals";

import type { ConfigError } from "../../src/options/config-error.ts";
import { checkTargetAllocatorFile, readTargetAllocatorFile } from "../../src/options/target-allocator-file.ts";

const FILE = `
collector_namespace: shop
config:
  global: { scrape_interval: 1m }
  scrape_configs: [{ job_name: web }]
receivers:
- name: prometheus
- name: prometheus/apps
  config:
    global: { scrape_interval: 5s }
    scrape_configs: [{ job_name: shop }, { job_name: broken, scrape_interval: soon }]
`;

describe("the receivers of a file", () => {
  it("have jobs of their own, completed with what each says of all its jobs", () => {
    const { scrapeConfigs, receivers } = readTargetAllocatorFile(FILE);
    expect(scrapeConfigs?.jobs.map(({ jobName, scrapeIntervalMs }) => [jobName, scrapeIntervalMs])).toEqual([
      ["web", 60_000],
      ["shop", 5_000],
    ]);
    expect(scrapeConfigs?.rejected).toMatchObject([{ jobName: "broken" }]);
    expect(receivers).toEqual([
      { name: "prometheus", jobs: [] },
      { name: "prometheus/apps", jobs: ["shop", "broken"] },
    ]);
  });

  it("can have all jobs of a file", () => {
    const text =
      "collector_namespace: a\nreceivers: [{ name: prometheus/x, config: { scrape_configs: [{ job_name: a }] } }]";
    expect(() => checkTargetAllocatorFile(readTargetAllocatorFile(text))).not.toThrow();
  });

  it("lose a job whose name is taken", () => {
    const text = FILE.replace("job_name: shop", "job_name: web");
    const { scrapeConfigs, receivers } = readTargetAllocatorFile(text);
    expect(scrapeConfigs?.jobs).toMatchObject([{ jobName: "web", scrapeIntervalMs: 60_000 }]);
    expect(scrapeConfigs?.rejected).toContainEqual({
      jobName: "web",
      problems: ['receivers: "web" is the name of a job of another receiver too; rename one of them'],
    });
    expect(receivers[1]?.jobs).toEqual(["broken"]);
  });

  it.each([
    { name: "without a name", text: "receivers: [{}]", want: "receivers[0].name: is missing" },
    {
      name: "of a name that is there",
      text: "receivers: [{ name: a }, { name: a }]",
      want: 'receivers[1].name: "a" is there already',
    },
    {
      name: "with a setting that is none",
      text: "receivers: [{ name: a, jobs: [] }]",
      want: "receivers[0].jobs: is no setting; there are name, config",
    },
    {
      name: "with jobs that are no list",
      text: "receivers: [{ name: a, config: { scrape_configs: 1 } }]",
      want: "receivers[0].config.scrape_configs: must be a list, not a single value",
    },
  ])("are refused $name", ({ text, want }) => {
    let problems: readonly string[] = [];
    try {
      readTargetAllocatorFile(text);
    } catch (error) {
      problems = (error as ConfigError).problems;
    }
    expect(problems).toEqual([want]);
  });
});
