import { describe, expect, it } from "@jest/globals";

import type { AllocationSummary } from "../../src/controllers/allocation-host.ts";
import { type AllocationResource, inResourceTerms } from "../../src/controllers/resource-terms.ts";
import { planAllocation } from "../../src/pipeline/allocation-plan.ts";
import { fileOf } from "../support/pipeline-stage.ts";

const summary = (message: string): AllocationSummary => ({
  synced: true,
  collectors: 0,
  jobs: 0,
  targets: 0,
  unassigned: 0,
  problems: [{ job: "web", reason: "JobRejected", message }],
});

const translated = (message: string, resource: AllocationResource): string | undefined =>
  inResourceTerms(summary(message), resource).problems[0]?.message;

describe("inResourceTerms", () => {
  it.each<{ name: string; message: string; collector: string; allocator: string }>([
    {
      name: "settings of the file become fields",
      message: "let collectors ask over mutual TLS (https.enabled), or allow it (allow_insecure_auth_secrets)",
      collector:
        "let collectors ask over mutual TLS (spec.targetAllocator.mtls.enabled), " +
        "or allow it (spec.targetAllocator.allowInsecureAuthSecrets: true)",
      allocator:
        "let collectors ask over mutual TLS (spec.mtls.enabled), or allow it (spec.allowInsecureAuthSecrets: true)",
    },
    {
      name: "jobs stand where the resource has them",
      message: "config.scrape_configs has a job of the same name",
      collector: "spec.config.receivers.prometheus.config.scrape_configs has a job of the same name",
      allocator: "spec.scrapeConfigs has a job of the same name",
    },
    {
      name: "advice that cannot be followed is another one",
      message: "they have none; set allocation_fallback_strategy: consistent-hashing",
      collector: "they have none; choose another allocationStrategy",
      allocator: "they have none; choose another allocationStrategy",
    },
    {
      name: "what is part of a longer word stays",
      message: "my_probe_selector and probe_selectors",
      collector: "my_probe_selector and probe_selectors",
      allocator: "my_probe_selector and probe_selectors",
    },
  ])("$name", ({ message, collector, allocator }) => {
    expect(translated(message, "OpenTelemetryCollector")).toBe(collector);
    expect(translated(message, "TargetAllocator")).toBe(allocator);
  });

  it("leaves no setting of the file in what an allocation says of withheld credentials", () => {
    const file = fileOf({
      jobs: { web: { targets: ["x:80"], settings: { basic_auth: { username: "u", password: "p" } } } },
    });
    const { problems } = planAllocation(file);
    expect(problems.map(({ reason }) => reason)).toEqual(["CredentialsWithheld"]);
    expect(translated(problems[0]?.message ?? "", "TargetAllocator")).not.toMatch(/[a-z]_[a-z]/);
  });
});
