import { expect, it } from "@jest/globals";

import { planAllocation } from "../../src/pipeline/allocation-plan.ts";
import { readTargetAllocatorFile } from "../../src/options/target-allocator-file.ts";

/** A list where a text belongs, inside of a list: the checks behind the decoding met nothing there and threw. */
it.each<{ setting: string; problem: string }>([
  { setting: "static_configs: [{targets: [[]]}]", problem: "static_configs[0].targets[0]: must be a text, not a list" },
  {
    setting: "static_configs: [{targets: [a, {b: c}]}]",
    problem: "static_configs[0].targets[1]: must be a text, not a mapping",
  },
  { setting: "scrape_protocols: [[a]]", problem: "scrape_protocols[0]: must be a text, not a list" },
  { setting: "params: {a: [[b]]}", problem: "params.a[0]: must be a text, not a list" },
  {
    setting: "relabel_configs: [{source_labels: [[a]], target_label: b}]",
    problem: "relabel_configs[0].source_labels[0]: must be a text, not a list",
  },
])("a job with $setting is reported, and the others are served", ({ setting, problem }) => {
  const plan = planAllocation(
    readTargetAllocatorFile(`
collectors: [{name: c0}]
config:
  scrape_configs:
  - {job_name: good, static_configs: [{targets: ["a:1"]}]}
  - {job_name: odd, ${setting}}
`),
  );
  expect(Object.keys(JSON.parse(plan.scrapeConfigs.clear) as object)).toEqual(["good"]);
  expect(plan.problems).toMatchObject([{ job: "odd", reason: "JobRejected" }]);
  expect(plan.problems[0]?.message).toContain(`scrape_configs[1].${problem}`);
});
