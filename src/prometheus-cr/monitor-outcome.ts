import type { RejectedJob, ScrapeConfig } from "../allocator/index.ts";
import type { GenerationContext } from "./generation-context.ts";
import type { MonitorJobs } from "./monitor-jobs.ts";
import { MonitorRefusedError } from "./monitor-refused-error.ts";
import type { Monitor, MonitorKind } from "./resources.ts";

/** Makes the jobs of a monitor. Pure; throws MonitorRefusedError. */
export type GenerateJobs = (kind: MonitorKind, monitor: Monitor, context: GenerationContext) => MonitorJobs;

/** What was made of a monitor. */
export interface MonitorOutcome {
  readonly jobs: readonly ScrapeConfig[];
  readonly rejected: readonly RejectedJob[];
  /** What its jobs lack through no fault of its author. */
  readonly warnings: readonly string[];
  /** Why nothing was made of it; empty when something was. */
  readonly problems: readonly string[];
}

/** Runs a generation. Whatever it ends in harms no other monitor. */
export function generateOutcome(generate: () => MonitorJobs): MonitorOutcome {
  try {
    return { ...generate(), problems: [] };
  } catch (error) {
    const problems = error instanceof MonitorRefusedError ? error.problems : [bug(error)];
    return { jobs: [], rejected: [], warnings: [], problems };
  }
}

function bug(error: unknown): string {
  return `its jobs cannot be made: ${error instanceof Error ? error.message : String(error)}; please report this`;
}

/** The outcome with jobs that are equal to those before replaced by these: whoever compares need not look inside. */
export function withKnownJobs(outcome: MonitorOutcome, before: MonitorOutcome | undefined): MonitorOutcome {
  const known = new Map(before?.jobs.map((job) => [job.canonicalKey, job]));
  return known.size === 0
    ? outcome
    : { ...outcome, jobs: outcome.jobs.map((job) => known.get(job.canonicalKey) ?? job) };
}

/** Whether nothing has changed; both have gone through {@link withKnownJobs}. */
export function sameOutcome(outcome: MonitorOutcome, before: MonitorOutcome | undefined): boolean {
  if (before === undefined || outcome.jobs.length !== before.jobs.length) return false;
  return outcome.jobs.every((job, index) => job === before.jobs[index]) && toldOf(outcome) === toldOf(before);
}

function toldOf({ rejected, problems, warnings }: MonitorOutcome): string {
  return JSON.stringify([rejected, problems, warnings]);
}
