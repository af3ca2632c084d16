import {
  configurationValid,
  degradedByAllocation,
  type KnownAllocation,
  targetsAllocated,
  waitsFor,
} from "../allocation-statements.ts";
import type { WorkloadState } from "../collector/workload-status.ts";
import { type Statement, statement } from "../conditions.ts";
import type { Trouble } from "../outcome-report.ts";
import { webhookStatements } from "../webhook-statement.ts";
import { NO_WORKLOAD, reconciled, rollout } from "../workload-statements.ts";

/** What the conditions of a TargetAllocator are drawn from. */
export interface AllocatorObservation {
  readonly workload: WorkloadState | undefined;
  readonly trouble: Trouble | undefined;
  /** What is allowed and yet probably not meant. */
  readonly warnings: readonly string[];
  /** Undefined while nobody uses the allocator. */
  readonly allocation: KnownAllocation;
  /** Its collectors are found by `collectorSelector` alone: no other resource says how they are. */
  readonly selects: boolean;
  /** Why API servers may get no answer from the operator's webhooks. @default they do */
  readonly webhookProblem?: string | undefined;
}

/** All conditions, in the order in which they are shown. */
export function toAllocatorStatements(observation: AllocatorObservation): readonly Statement[] {
  const { trouble, warnings, allocation } = observation;
  const refusal = trouble?.reason === "ConfigInvalid" ? trouble.message : undefined;
  return [
    reconciled(trouble),
    available(observation),
    rollout(observation.workload),
    degraded(observation),
    configurationValid({ refusal, warnings, allocation }),
    ...(observation.selects ? [collectorsReady(allocation)] : []),
    targetsAllocated(allocation) ?? unused(),
    ...webhookStatements(observation.webhookProblem),
  ];
}

function available({ workload }: AllocatorObservation): Statement {
  if (workload === undefined) return statement("Available", "False", "WorkloadMissing", NO_WORKLOAD);
  const { wanted, ready: count } = workload;
  const message = `${String(count)} of ${String(wanted)} allocator pods are ready.`;
  if (wanted === 0) return statement("Available", "True", "ScaledToZero", "No allocator pod is wanted.");
  return count === 0
    ? statement("Available", "False", "NoAllocatorReady", message)
    : statement("Available", "True", count < wanted ? "SomeAllocatorsReady" : "AllocatorsReady", message);
}

function degraded({ trouble, allocation }: AllocatorObservation): Statement {
  if (trouble !== undefined) return statement("Degraded", "True", trouble.reason, trouble.message);
  return degradedByAllocation(allocation) ?? statement("Degraded", "False", "AsExpected", "Nothing is wrong.");
}

function collectorsReady(allocation: KnownAllocation): Statement {
  if (typeof allocation !== "object" || !allocation.synced) {
    return statement("CollectorsReady", "Unknown", "NotKnown", "The pods of collectors are not known yet.");
  }
  const { collectors } = allocation;
  if (collectors > 0) {
    const message = `Selected pods that get targets: ${String(collectors)}. One that stays unready loses them.`;
    return statement("CollectorsReady", "True", "SelectedServed", message);
  }
  const waiting = waitsFor(allocation);
  return waiting === undefined
    ? statement("CollectorsReady", "False", "NoneSelected", "spec.collectorSelector selects no pod.")
    : statement("CollectorsReady", "False", "NoneReady", waiting);
}

function unused(): Statement {
  const message =
    "No collector uses this allocator: label an OpenTelemetryCollector opentelemetry.io/target-allocator with its name, " +
    "or set spec.collectorSelector.";
  return statement("TargetsAllocated", "False", "NoCollectors", message);
}
