import type { CollectorMode } from "../../api/opentelemetry/default.ts";
import {
  configurationValid,
  degradedByAllocation,
  type KnownAllocation,
  targetsAllocated,
  waitsFor,
} from "../allocation-statements.ts";
import { type Statement, statement } from "../conditions.ts";
import type { Trouble } from "../outcome-report.ts";
import { webhookStatements } from "../webhook-statement.ts";
import { NO_WORKLOAD, reconciled, rollout } from "../workload-statements.ts";
import type { WorkloadState } from "./workload-status.ts";

/** What the conditions of a collector are drawn from. */
export interface Observation {
  readonly mode: CollectorMode;
  readonly workload: WorkloadState | undefined;
  readonly trouble: Trouble | undefined;
  /** Undefined without a target allocator. */
  readonly allocation: KnownAllocation;
  /** What is allowed and yet probably not meant. @default nothing */
  readonly warnings?: readonly string[];
  /** Why API servers may get no answer from the operator's webhooks. @default they do */
  readonly webhookProblem?: string | undefined;
  /** Since when not one collector has been ready, and whether that is too long. @default it has just begun */
  readonly outage?: Outage | undefined;
}

/** A time without any ready collector. */
export interface Outage {
  /** RFC 3339. */
  readonly since: string;
  readonly overdue: boolean;
}

/** All conditions, in the order in which they are shown. */
export function toStatements(observation: Observation): readonly Statement[] {
  const { trouble, warnings = [], allocation } = observation;
  const refused = trouble?.reason === "ConfigInvalid" || trouble?.reason === "AllocatorMissing";
  const refusal = refused ? trouble.message : undefined;
  const allocated = targetsAllocated(allocation);
  return [
    reconciled(trouble),
    available(observation),
    progressing(observation),
    degraded(observation),
    configurationValid({ refusal, warnings, allocation }),
    collectorsReady(observation),
    ...(allocated === undefined ? [] : [allocated]),
    ...webhookStatements(observation.webhookProblem),
  ];
}

function available({ mode, workload }: Observation): Statement {
  if (mode === "sidecar") return statement("Available", "True", "Sidecar", IN_PODS_OF_OTHERS);
  if (workload === undefined) return statement("Available", "False", "WorkloadMissing", NO_WORKLOAD);
  const { wanted, ready: count } = workload;
  const message = `${String(count)} of ${String(wanted)} collectors are ready.`;
  if (wanted === 0) return statement("Available", "True", "ScaledToZero", "No collector is wanted.");
  if (count === 0) return statement("Available", "False", "NoCollectorReady", message);
  return statement("Available", "True", count < wanted ? "SomeCollectorsReady" : "CollectorsReady", message);
}

function progressing({ mode, workload }: Observation): Statement {
  if (mode === "sidecar") return statement("Progressing", "False", "Sidecar", IN_PODS_OF_OTHERS);
  return rollout(workload);
}

/** The gravest alone: somebody who has mended it is told the next one. */
function degraded(observation: Observation): Statement {
  const { trouble, allocation, outage } = observation;
  if (trouble !== undefined) return statement("Degraded", "True", trouble.reason, trouble.message);
  const nobody = isWithoutCollectors(observation);
  if (nobody && outage?.overdue === true) {
    const message = `Not one collector has been ready since ${outage.since}.${waitingOf(allocation)}`;
    return statement("Degraded", "True", "CollectorsNotReady", message);
  }
  const hindered = degradedByAllocation(allocation, { knowsPods: true });
  if (hindered !== undefined) return hindered;
  return nobody
    ? statement("Degraded", "False", "CollectorsStarting", `Not one collector is ready yet.${waitingOf(allocation)}`)
    : statement("Degraded", "False", "AsExpected", "Nothing is wrong.");
}

/** Collectors are wanted, and none is ready. */
export function isWithoutCollectors({ mode, workload }: Pick<Observation, "mode" | "workload">): boolean {
  return mode !== "sidecar" && workload !== undefined && workload.wanted > 0 && workload.ready === 0;
}

function waitingOf(allocation: KnownAllocation): string {
  const message = waitsFor(allocation);
  return message === undefined ? "" : ` The allocator says: ${message}.`;
}

function collectorsReady({ mode, workload }: Observation): Statement {
  if (mode === "sidecar") return statement("CollectorsReady", "True", "Sidecar", IN_PODS_OF_OTHERS);
  if (workload === undefined) return statement("CollectorsReady", "False", "WorkloadMissing", NO_WORKLOAD);
  const { wanted, existing, ready: count } = workload;
  if (wanted === 0) return statement("CollectorsReady", "True", "ScaledToZero", "No collector is wanted.");
  if (count >= wanted) return statement("CollectorsReady", "True", "AllReady", `All ${String(wanted)} are ready.`);
  const message = `${String(wanted)} are wanted, ${String(existing)} pods exist, ${String(count)} are ready.`;
  return statement("CollectorsReady", "False", count === 0 ? "NoneReady" : "SomeNotReady", message);
}

const IN_PODS_OF_OTHERS = "The collectors run in pods of others.";
