import type { CollectorMode } from "../../api/opentelemetry/default.ts";
import type { AllocationSummary } from "../allocation-host.ts";
import { type Statement, statement } from "../conditions.ts";
import type { Trouble } from "../outcome-report.ts";
import type { WorkloadState } from "./workload-status.ts";

/** What the conditions of a collector are drawn from. */
export interface Observation {
  readonly mode: CollectorMode;
  readonly workload: WorkloadState | undefined;
  readonly trouble: Trouble | undefined;
  /** Undefined without a target allocator. */
  readonly allocation: AllocationSummary | "pending" | undefined;
}

/** All conditions, in the order in which they are shown. */
export function toStatements(observation: Observation): readonly Statement[] {
  const allocated = targetsAllocated(observation);
  return [
    ready(observation),
    available(observation),
    progressing(observation),
    degraded(observation),
    ...(allocated === undefined ? [] : [allocated]),
  ];
}

function ready({ trouble }: Observation): Statement {
  return trouble === undefined
    ? statement("Ready", "True", "Reconciled", "Successfully reconciled")
    : statement("Ready", "False", "ReconcileError", trouble.message);
}

function available({ mode, workload }: Observation): Statement {
  if (mode === "sidecar") return statement("Available", "True", "Sidecar", "The collectors run in pods of others.");
  if (workload === undefined) return statement("Available", "False", "WorkloadMissing", "There is no workload yet.");
  const { wanted, ready: count } = workload;
  const message = `${String(count)} of ${String(wanted)} collectors are ready.`;
  if (wanted === 0) return statement("Available", "True", "ScaledToZero", "No collector is wanted.");
  if (count === 0) return statement("Available", "False", "NoCollectorReady", message);
  return statement("Available", "True", count < wanted ? "SomeCollectorsReady" : "CollectorsReady", message);
}

function progressing({ mode, workload }: Observation): Statement {
  if (mode === "sidecar") return statement("Progressing", "False", "Sidecar", "The collectors run in pods of others.");
  if (workload === undefined) return statement("Progressing", "True", "WorkloadMissing", "There is no workload yet.");
  const { wanted, existing, updated, ready: count, current } = workload;
  const settled = current && existing === wanted && updated >= wanted && count >= wanted;
  if (settled) return statement("Progressing", "False", "RolledOut", "All pods are of the current generation.");
  const message = `${String(updated)} of ${String(wanted)} pods are of the current generation, ${String(count)} are ready.`;
  return statement("Progressing", "True", "RollingOut", message);
}

/** Problems that TargetsAllocated tells: a collector that is starting, or scaled to zero, is not degraded by them. */
const TOLD_BY_TARGETS_ALLOCATED: ReadonlySet<string> = new Set(["NoCollectors", "TargetsUnassigned"]);

function degraded({ trouble, allocation }: Observation): Statement {
  if (trouble !== undefined) return statement("Degraded", "True", trouble.reason, trouble.message);
  const told = typeof allocation === "object" ? allocation.problems : [];
  const problems = told.filter(({ reason }) => !TOLD_BY_TARGETS_ALLOCATED.has(reason));
  if (problems.length === 0) return statement("Degraded", "False", "AsExpected", "Nothing is wrong.");
  const shown = problems.slice(0, 3).map(({ job, reason, message }) => `${job ?? "all jobs"}: ${reason}: ${message}`);
  const more = problems.length > shown.length ? ` (and ${String(problems.length - shown.length)} more)` : "";
  return statement("Degraded", "True", "AllocationProblems", shown.join("; ") + more);
}

function targetsAllocated({ allocation }: Observation): Statement | undefined {
  if (allocation === undefined) return undefined;
  if (allocation === "pending" || !allocation.synced) {
    return statement("TargetsAllocated", "Unknown", "Pending", "The first assignment is not complete yet.");
  }
  const { targets, jobs, collectors, unassigned, problems } = allocation;
  const spread = `${String(targets)} targets of ${String(jobs)} jobs, ${String(collectors)} collectors`;
  const why = problems.find(({ reason }) => TOLD_BY_TARGETS_ALLOCATED.has(reason))?.message;
  const explained = `${spread}: ${why ?? `${String(unassigned)} targets have no collector`}.`;
  if (collectors === 0) return statement("TargetsAllocated", "False", "NoCollectors", explained);
  return unassigned === 0
    ? statement("TargetsAllocated", "True", "AllAssigned", `${spread}.`)
    : statement("TargetsAllocated", "False", "Unassigned", explained);
}
