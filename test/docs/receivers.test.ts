import { describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { withDefaults } from "../../src/api/opentelemetry/default.ts";
import type { OpenTelemetryCollectorSpec } from "../../src/api/opentelemetry/v1beta1.ts";
import { problemsOf, warningsOf } from "../../src/api/opentelemetry/validate.ts";
import { readTargetAllocatorFile } from "../../src/options/target-allocator-file.ts";
import { ROOT } from "../../tools/real-parts/parts.ts";
import { collector } from "../support/collectors.ts";

const PAGE = readFileSync(join(ROOT, "docs", "receivers.md"), "utf8");
const [several = "", unsharded = "", file = ""] = [...PAGE.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(
  ([, text]) => text ?? "",
);
const specOf = (text: string): Partial<OpenTelemetryCollectorSpec> =>
  (parse(text) as { spec: Partial<OpenTelemetryCollectorSpec> }).spec;

describe("docs/receivers.md", () => {
  it("shows a resource of several receivers that is accepted", () => {
    const { config, ...spec } = specOf(several);
    const service = {
      pipelines: { metrics: { receivers: Object.keys(config?.receivers ?? {}), exporters: ["debug"] } },
    };
    const complete = { receivers: config?.receivers ?? {}, exporters: { debug: {} }, service };
    const shown = withDefaults(collector({ spec: { ...spec, config: complete } }));
    expect([problemsOf(shown), warningsOf(shown)]).toEqual([[], []]);
  });

  it("shows a job out of sharding that is accepted where it is there", () => {
    const jobs = [{ job_name: "own-metrics" }, { job_name: "other" }];
    expect(problemsOf(withDefaults(collector({ spec: specOf(unsharded), scrapeConfigs: jobs })))).toEqual([]);
  });

  it("shows a file that says the same", () => {
    const { receivers, scrapeConfigs, unknownSettings } = readTargetAllocatorFile(file);
    expect(receivers).toEqual([
      { name: "prometheus", jobs: [] },
      { name: "prometheus/apps", jobs: ["apps"] },
    ]);
    expect([scrapeConfigs?.jobs.length, scrapeConfigs?.rejected, unknownSettings]).toEqual([2, [], []]);
  });
});
