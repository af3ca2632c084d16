import { describe, expect, it } from "@jest/globals";

import type { FileReceiver } from "../../src/options/target-allocator-file-receivers.ts";
import { planAllocation } from "../../src/pipeline/allocation-plan.ts";
import { fileOf } from "../support/pipeline-stage.ts";

const jobs = Object.fromEntries(["web", "shop", "serviceMonitor/a/b/0"].map((job) => [job, { targets: ["a:1"] }]));

function served(receivers: readonly FileReceiver[]): Readonly<Record<string, readonly string[]>> {
  const plan = planAllocation({ ...fileOf({ jobs }), receivers });
  for (const receiver of plan.receivers.values()) {
    const names = Object.keys(JSON.parse(receiver.scrapeConfigs.masked) as object);
    const own = plan.jobs.map(({ jobName }) => jobName).filter((job) => receiver.has(job));
    expect(own.toSorted()).toEqual(names);
  }
  return Object.fromEntries(
    [...plan.receivers].map(([id, { scrapeConfigs }]) => [id, Object.keys(JSON.parse(scrapeConfigs.clear) as object)]),
  );
}

describe("planReceivers", () => {
  it("gives everything to the usual one where none are told apart", () => {
    expect(served([])).toEqual({ prometheus: Object.keys(jobs).toSorted() });
  });

  it("gives each its own jobs, and the first all others", () => {
    const receivers = [
      { name: "prometheus/a", jobs: ["shop"] },
      { name: "prometheus", jobs: ["web", "gone"] },
      { name: "prometheus/b", jobs: [] },
    ];
    expect(served(receivers)).toEqual({
      "prometheus/a": ["serviceMonitor/a/b/0", "shop"],
      prometheus: ["web"],
      "prometheus/b": [],
    });
  });
});
