import { describe, expect, it } from "@jest/globals";

import { planAllocation } from "../../src/pipeline/allocation-plan.ts";
import { fileOf, type StagedJob } from "../support/pipeline-stage.ts";

const web: StagedJob = { targets: ["web:80"] };
const broken: StagedJob = { targets: ["web:80"], settings: { scrape_interval: "soon" } };

describe("planAllocation", () => {
  it("takes jobs, strategy and collectors from the file", () => {
    const plan = planAllocation(fileOf({ jobs: { web }, settings: { collector_not_ready_grace_period: "5s" } }));
    expect(plan.definitions.map(({ name, filtering }) => ({ name, filtering }))).toEqual([
      { name: "web", filtering: true },
    ]);
    expect(plan.strategy).toMatchObject({ name: "consistent-hashing", fallback: "" });
    expect(plan.collectors).toEqual({
      kind: "pods",
      namespace: "obs",
      labelSelector: "app=collector",
      notReadyGraceMs: 5_000,
    });
    expect(plan.problems).toEqual([]);
  });

  it("filters only with the strategy relabel-config", () => {
    const plan = planAllocation(fileOf({ jobs: { web }, settings: { filter_strategy: "" } }));
    expect(plan.definitions[0]?.filtering).toBe(false);
  });

  it("renders the jobs with and without their secrets", () => {
    const settings = { basic_auth: { username: "u", password: "open sesame" } };
    const { scrapeConfigs } = planAllocation(fileOf({ jobs: { web: { ...web, settings } } }));
    expect(JSON.parse(scrapeConfigs.masked).web.basic_auth.password).toBe("<secret>");
    expect(scrapeConfigs.masked).not.toContain("open sesame");
    expect(scrapeConfigs.clear).toContain("open sesame");
  });

  it("takes the collectors of a list as they are, without a warning", () => {
    const collectors = [{ name: "a", node_name: "node-1" }];
    const plan = planAllocation(fileOf({ jobs: { web }, settings: { collectors, collector_selector: null } }));
    expect(plan.collectors).toEqual({ kind: "listed", collectors: [{ name: "a", nodeName: "node-1" }] });
    expect(plan.problems).toEqual([]);
  });

  it("warns when every pod is a collector because the selector is missing, and not when it selects everything", () => {
    const withSelector = (selector: unknown) =>
      planAllocation(fileOf({ jobs: { web }, settings: { collector_selector: selector } }));
    expect(withSelector(null).collectors).toMatchObject({ labelSelector: "" });
    expect(withSelector(null).problems).toMatchObject([{ reason: "CollectorSelectorMissing" }]);
    expect(withSelector({}).problems).toEqual([]);
  });

  it("reports a job that is not valid and serves the others", () => {
    const plan = planAllocation(fileOf({ jobs: { web, broken } }));
    expect(plan.jobs.map(({ jobName }) => jobName)).toEqual(["web"]);
    expect(plan.problems).toMatchObject([{ job: "broken", reason: "JobRejected" }]);
    expect(plan.problems[0]?.message).toMatch(/scrape_interval.*soon.*\(it is not served\)$/);
  });

  it("keeps the last good configuration of a job that is not valid any more", () => {
    const first = planAllocation(fileOf({ jobs: { web, other: web } }));
    const second = planAllocation(fileOf({ jobs: { web: broken } }), first);
    expect(second.jobs).toEqual([first.jobs[0]]);
    expect(second.problems[0]?.message).toMatch(/\(its last good configuration stays in force\)$/);
    expect(second.scrapeConfigs.masked).toContain('"web"');
    expect(planAllocation(fileOf({ jobs: { web } }), second).problems).toEqual([]);
  });

  it("refuses a file of which no job is left, with all reasons", () => {
    expect(() => planAllocation(fileOf({ jobs: { broken } }))).toThrow(/no job can be served\n- .*soon/);
  });

  it("reports that Prometheus resources are not read", () => {
    const plan = planAllocation(fileOf({ jobs: { web }, settings: { prometheus_cr: { enabled: true } } }));
    expect(plan.problems).toMatchObject([{ reason: "PrometheusResourcesUnsupported" }]);
  });

  it("refuses a strategy that does not exist", () => {
    const file = fileOf({ jobs: { web }, settings: { allocation_strategy: "round-robin" } });
    expect(() => planAllocation(file)).toThrow('unregistered strategy "round-robin"');
  });
});
