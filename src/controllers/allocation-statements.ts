import type { AllocationSummary } from "./allocation-host.ts";
import { type Statement, statement } from "./conditions.ts";

/** What is known of an allocation; undefined without one. */
export type KnownAllocation = AllocationSummary | "pending" | undefined;

type Problem = AllocationSummary["problems"][number];

/** Problems that TargetsAllocated tells: an allocation whose collectors are scaled to zero is not degraded by them. */
const TOLD_BY_TARGETS_ALLOCATED: ReadonlySet<string> = new Set(["NoCollectors", "TargetsUnassigned"]);
/** The problem of pods that are there and not ready. */
const NOT_READY = "CollectorsNotReady";
/** Problems that are mended in the resource itself. */
const OF_THE_CONFIGURATION: ReadonlySet<string> = new Set(["ConfigurationInvalid", "JobRejected"]);

/** The gravest first. What is not listed comes after all that is. */
const BY_GRAVITY: readonly string[] = [
  "AllocationFailed",
  "ConfigurationInvalid",
  "CollectorDiscoveryFailing",
  "NoCollectors",
  NOT_READY,
  "MonitorsUnavailable",
  "DiscoveryFailing",
  "TargetsUnassigned",
  "CredentialsWithheld",
  "JobRejected",
];

/** Problems that a message names before it counts the rest. */
const NAMED_PROBLEMS = 3;

/** Whether every target has a collector, with the counts and the gravest of what hinders it. */
export function targetsAllocated(allocation: KnownAllocation): Statement | undefined {
  if (allocation === undefined) return undefined;
  if (allocation === "pending" || !allocation.synced) {
    const hindrances = worstOf(problemsOf(allocation));
    return statement(
      "TargetsAllocated",
      "Unknown",
      "Pending",
      `The first assignment is not complete yet.${hindrances}`,
    );
  }
  const { targets, jobs, collectors, unassigned, problems } = allocation;
  const spread = `${counted(targets, "target")} of ${counted(jobs, "job")}, ${counted(collectors, "collector")}`;
  const why = problems.find(isTold)?.message;
  const explained = `${spread}: ${why ?? `${String(unassigned)} targets have no collector`}.${worstOf(problems)}`;
  if (collectors === 0) return statement("TargetsAllocated", "False", "NoCollectors", explained);
  return unassigned === 0
    ? statement("TargetsAllocated", "True", "AllAssigned", `${spread}.${worstOf(problems)}`)
    : statement("TargetsAllocated", "False", "Unassigned", explained);
}

function worstOf(problems: readonly Problem[]): string {
  const others = problems.filter((problem) => !isTold(problem));
  const [worst] = others.toSorted((a, b) => gravity(a) - gravity(b));
  if (worst === undefined) return "";
  return ` ${counted(others.length, "problem")}, the gravest: ${worst.job ?? "all jobs"}: ${worst.reason}.`;
}

function isTold({ reason }: Problem): boolean {
  return TOLD_BY_TARGETS_ALLOCATED.has(reason) || reason === NOT_READY;
}

function gravity({ reason }: Problem): number {
  const place = BY_GRAVITY.indexOf(reason);
  return place === -1 ? BY_GRAVITY.length : place;
}

/**
 * What an allocation makes of Degraded; undefined when nothing is wrong with it.
 *
 * @param knowsPods - The caller tells by itself of pods that are not ready. Default: it does not.
 */
export function degradedByAllocation(
  allocation: KnownAllocation,
  { knowsPods = false }: { readonly knowsPods?: boolean } = {},
): Statement | undefined {
  const problems = problemsOf(allocation).filter(
    ({ reason }) => !TOLD_BY_TARGETS_ALLOCATED.has(reason) && !(knowsPods && reason === NOT_READY),
  );
  if (problems.length === 0) return undefined;
  return statement("Degraded", "True", "AllocationProblems", listOf(problems));
}

export interface ConfigurationFindings {
  /** Why the resource cannot be run. */
  readonly refusal: string | undefined;
  /** What is allowed and yet probably not meant. */
  readonly warnings: readonly string[];
  readonly allocation: KnownAllocation;
}

/** Whether what somebody has written can be run. */
export function configurationValid({ refusal, warnings, allocation }: ConfigurationFindings): Statement {
  if (refusal !== undefined) return statement("ConfigurationValid", "False", "Invalid", refusal);
  const refused = problemsOf(allocation).filter(({ reason }) => OF_THE_CONFIGURATION.has(reason));
  if (refused.length > 0) return statement("ConfigurationValid", "False", "JobsRejected", listOf(refused));
  return warnings.length === 0
    ? statement("ConfigurationValid", "True", "Valid", "Everything can be run as it is written.")
    : statement("ConfigurationValid", "True", "Questionable", warnings.join("; "));
}

/** What the allocation knows of the pods that it waits for; undefined when it waits for none. */
export function waitsFor(allocation: KnownAllocation): string | undefined {
  return problemsOf(allocation).find(({ reason }) => reason === NOT_READY)?.message;
}

function problemsOf(allocation: KnownAllocation): readonly Problem[] {
  return typeof allocation === "object" ? allocation.problems : [];
}

function listOf(problems: readonly Problem[]): string {
  const shown = problems.slice(0, NAMED_PROBLEMS).map(describeProblem);
  const more = problems.length > shown.length ? ` (and ${String(problems.length - shown.length)} more)` : "";
  return shown.join("; ") + more;
}

function describeProblem({ job, reason, message }: Problem): string {
  return `${job ?? "all jobs"}: ${reason}: ${message}`;
}

function counted(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? "" : "s"}`;
}
