import { describe, expect, it } from "@jest/globals";
import { labelsOf } from "../../../src/allocator/labels/labels-builder.ts";
import { scrapeUrl } from "../../../src/allocator/strategies/scrape-url.ts";
import { SeedLabels } from "../../../src/allocator/targets/seed-labels.ts";
import { TargetLabels } from "../../../src/allocator/targets/target-labels.ts";

const SEEDS = [
  ["__metrics_path__", "/metrics"],
  ["__scheme__", "http"],
] as const;

interface Case {
  readonly name: string;
  readonly seeds?: readonly (readonly [string, string])[];
  readonly group?: Readonly<Record<string, string>>;
  readonly own?: Readonly<Record<string, string>>;
  readonly writes?: Readonly<Record<string, string>>;
  readonly want: string;
}

describe("scrapeUrl", () => {
  it.each<Case>([
    { name: "the job's scheme and path", want: "http://a:1/metrics" },
    {
      name: "what was discovered rather than what the job says",
      own: { __scheme__: "https" },
      group: { __metrics_path__: "/m" },
      want: "https://a:1/m",
    },
    {
      name: "what rules wrote rather than what was discovered",
      own: { __metrics_path__: "/m" },
      writes: { __address__: "b:2", __metrics_path__: "/n" },
      want: "http://b:2/n",
    },
    {
      name: "the job's parameters, sorted by name",
      seeds: [
        ["__param_b", "2"],
        ["__param_a", "1"],
      ],
      want: "http://a:1/metrics?a=1&b=2",
    },
    {
      name: "parameters from everywhere, once",
      seeds: [["__param_module", "tcp"]],
      group: { __param_team: "web" },
      own: { __param_module: "http_2xx" },
      writes: { __param_target: "x:80", __param_team: "infra" },
      want: "http://a:1/metrics?module=http_2xx&target=x:80&team=infra",
    },
    {
      name: "no parameter that rules took away",
      seeds: [["__param_a", "1"]],
      own: { __param_b: "2" },
      writes: { __param_a: "", __param_b: "", __param_c: "" },
      want: "http://a:1/metrics",
    },
  ])("has $name", ({ seeds = [], group = {}, own = {}, writes = {}, want }) => {
    const labels = new TargetLabels();
    labels.begin(
      new SeedLabels([...SEEDS, ...seeds], false),
      labelsOf(group),
      labelsOf({ __address__: "a:1", ...own }),
    );
    for (const [name, value] of Object.entries(writes)) labels.set(name, value);
    expect(scrapeUrl(labels)).toBe(want);
  });

  it("reads each target anew, whatever labels the one before had", () => {
    const labels = new TargetLabels();
    const read = (own: Readonly<Record<string, string>>): string => {
      labels.begin(new SeedLabels(SEEDS, false), labelsOf({}), labelsOf(own));
      return scrapeUrl(labels);
    };
    expect([
      read({ __address__: "a:1", __param_a: "1" }),
      read({ __address__: "a:1" }),
      read({ __address__: "a:1", __param_b: "1" }),
    ]).toEqual(["http://a:1/metrics?a=1", "http://a:1/metrics", "http://a:1/metrics?b=1"]);
  });
});
