import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { parseScrapeConfigs, renderScrapeConfigs, type DataObject } from "../../src/allocator/index.ts";
import { ConfigError } from "../../src/options/config-error.ts";
import { readGoYaml } from "../../src/options/go-yaml.ts";
import { checkTargetAllocatorFile, readTargetAllocatorFile } from "../../src/options/target-allocator-file.ts";
import { type AllocationPlan, planAllocation } from "../../src/pipeline/allocation-plan.ts";
import { FUZZ_TIMEOUT_MS, fuzzed } from "../support/fuzz.ts";
import { anyBytes, anyDamagedFile, anyMutatedJob, anyRecordedJobs } from "../support/random-configuration.ts";

/** The plan of a file, or the problems for which there is none. Every other error is a finding. */
function planOf(text: string): AllocationPlan | readonly string[] {
  try {
    const file = readTargetAllocatorFile(text);
    checkTargetAllocatorFile(file);
    return planAllocation(file);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

type Bodies = Readonly<Record<string, DataObject>>;

/** Problems are sentences, and a plan serves exactly its jobs, each in a form that its readers take as it is. */
function expectSound(plan: AllocationPlan | readonly string[]): void {
  const problems = "jobs" in plan ? plan.problems.map(({ message }) => message) : plan;
  for (const problem of problems) expect(problem).toMatch(/^\S.*\S$/s);
  expect("jobs" in plan || problems.length > 0).toBe(true);
  if ("jobs" in plan) expectReadable(plan);
}

function expectReadable({ jobs, scrapeConfigs }: AllocationPlan): void {
  const names = jobs.map(({ jobName }) => jobName).toSorted();
  expect(Object.keys(JSON.parse(scrapeConfigs.masked) as Bodies).toSorted()).toEqual(names);
  const again = parseScrapeConfigs({ scrape_configs: Object.values(readGoYaml(scrapeConfigs.clear) as Bodies) });
  expect([...again.problems, ...again.rejected]).toEqual([]);
  expect(renderScrapeConfigs(again.jobs, { secrets: "clear" })).toBe(scrapeConfigs.clear);
}

function fileWith(jobs: readonly string[]): string {
  return `collectors: [{name: c0}]\nconfig:\n  scrape_configs:\n${jobs.map((job) => `  - ${job}\n`).join("")}`;
}

describe("random configurations", () => {
  it(
    "with one job that somebody has been at lose no other job, and say what is wrong",
    () => {
      let served = 0;
      fc.assert(
        fc.property(anyRecordedJobs, anyMutatedJob, (others, job) => {
          const alone = planOf(fileWith(others));
          const plan = planOf(fileWith([...others, job]));
          expectSound(plan);
          // A text that is no YAML is no one job's mistake.
          if (!("jobs" in plan) || !("jobs" in alone)) return;
          const [all, before] = [plan, alone].map((each) => JSON.parse(each.scrapeConfigs.clear) as Bodies);
          expect(all).toMatchObject(before ?? {});
          expect(plan.jobs.length + plan.problems.filter(({ reason }) => reason === "JobRejected").length).toBe(
            others.length + 1,
          );
          served += plan.jobs.length - others.length;
        }),
        fuzzed(600),
      );
      expect(served).toBeGreaterThan(fuzzed(600).numRuns / 10);
    },
    FUZZ_TIMEOUT_MS,
  );

  it(
    "made by cutting and pasting in a file are read, or refused with problems",
    () => {
      let read = 0;
      fc.assert(
        fc.property(anyDamagedFile, (text) => {
          const plan = planOf(text);
          expectSound(plan);
          read += "jobs" in plan ? 1 : 0;
        }),
        fuzzed(1000),
      );
      expect(read).toBeGreaterThan(fuzzed(1000).numRuns / 20);
    },
    FUZZ_TIMEOUT_MS,
  );

  it(
    "of bytes as they come are refused with problems",
    () => {
      fc.assert(
        fc.property(anyBytes, (text) => {
          expectSound(planOf(text));
        }),
        fuzzed(2000),
      );
    },
    FUZZ_TIMEOUT_MS,
  );
});
