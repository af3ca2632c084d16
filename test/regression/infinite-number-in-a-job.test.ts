import { expect, it } from "@jest/globals";

import { readTargetAllocatorFile } from "../../src/options/target-allocator-file.ts";
import { planAllocation } from "../../src/pipeline/allocation-plan.ts";

/** JSON has no such numbers: the bare word made the answer unreadable for every collector, with all jobs in it. */
it.each<{ setting: string; problem: RegExp }>([
  {
    setting: "native_histogram_min_bucket_factor: .inf",
    problem: /native_histogram_min_bucket_factor: must be a number, not \.inf/,
  },
  {
    setting: "native_histogram_min_bucket_factor: -.Inf",
    problem: /native_histogram_min_bucket_factor: must be a number, not -\.inf/,
  },
  { setting: "sample_limit: .nan", problem: /sample_limit: must be a number, not \.nan/ },
  {
    setting: "oauth2: {client_id: a, client_secret: b, token_url: http://idp/token, claims: {a: {b: [1, .nan]}}}",
    problem: /oauth2\.claims\.a: has a number without a finite value/,
  },
])("a job with $setting is reported, and the others are served as JSON", ({ setting, problem }) => {
  const text = `
collector_namespace: obs
collector_selector: {matchlabels: {app: collector}}
config:
  scrape_configs:
  - job_name: web
    static_configs: [{targets: ["web:80"]}]
  - job_name: odd
    ${setting}
`;
  const plan = planAllocation(readTargetAllocatorFile(text));
  for (const body of [plan.scrapeConfigs.masked, plan.scrapeConfigs.clear]) {
    expect(Object.keys(JSON.parse(body) as object)).toEqual(["web"]);
  }
  expect(plan.problems).toMatchObject([{ job: "odd", reason: "JobRejected" }]);
  expect(plan.problems[0]?.message).toMatch(problem);
});
