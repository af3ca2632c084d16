import type { WorkloadState } from "./collector/workload-status.ts";
import { type Statement, statement } from "./conditions.ts";
import type { Trouble } from "./outcome-report.ts";

export const NO_WORKLOAD = "There is no workload yet.";

/** Whether the objects of a resource are as it says: what the Go operator's condition Ready means, not that pods are. */
export function reconciled(trouble: Trouble | undefined): Statement {
  return trouble === undefined
    ? statement("Ready", "True", "Reconciled", "Successfully reconciled")
    : statement("Ready", "False", "ReconcileError", trouble.message);
}

/** Whether the pods of a workload are being replaced. */
export function rollout(workload: WorkloadState | undefined): Statement {
  if (workload === undefined) return statement("Progressing", "True", "WorkloadMissing", NO_WORKLOAD);
  const { wanted, existing, updated, ready: count, current } = workload;
  const settled = current && existing === wanted && updated >= wanted && count >= wanted;
  if (settled) return statement("Progressing", "False", "RolledOut", "All pods are of the current generation.");
  const message = `${String(updated)} of ${String(wanted)} pods are of the current generation, ${String(count)} are ready.`;
  return statement("Progressing", "True", "RollingOut", message);
}
