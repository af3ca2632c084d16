import { isDeepStrictEqual } from "node:util";
import type { AllocationStatus, MonitorKindStatus } from "../api/opentelemetry/v1beta1.ts";
import type { AllocationSummary } from "./allocation-host.ts";

type MonitorKinds = NonNullable<AllocationSummary["monitors"]>;

/** Problems beyond these are counted in the log and on the page; a status has no room for thousands. */
const SHOWN_PROBLEMS = 10;

/** What a status says of an allocation that collectors reach at the endpoint. */
export function toAllocationStatus(endpoint: string, allocation: AllocationSummary | "pending"): AllocationStatus {
  return allocation === "pending" || !allocation.synced
    ? { endpoint, ...problemsIn(allocation) }
    : { endpoint, ...numbersOf(allocation) };
}

/**
 * What to tell of an allocation. One that this process has just started knows nothing yet: until it does, what was last
 * told of it stands, so that a restart of the operator alarms nobody.
 */
export function knownAllocation(
  summary: AllocationSummary | undefined,
  status: { readonly allocation?: AllocationStatus } | undefined,
): AllocationSummary | "pending" {
  const before = status?.allocation ?? {};
  if (summary !== undefined && (summary.synced || hasNewProblem(summary, before))) return summary;
  const told = toldBefore(before);
  // Nothing was ever told but what keeps it from knowing, and that still does.
  if (told === undefined && summary !== undefined && summary.problems.length > 0) return summary;
  return told ?? "pending";
}

/** What a status says of an allocation; undefined when it was not known. */
function toldBefore(status: AllocationStatus): AllocationSummary | undefined {
  const { collectors, jobs, targets, unassignedTargets: unassigned, problems = [], monitors } = status;
  const told = collectors !== undefined && jobs !== undefined && targets !== undefined && unassigned !== undefined;
  if (!told) return undefined;
  const numbers = { synced: true, collectors, jobs, targets, unassigned, problems };
  return monitors === undefined ? numbers : { ...numbers, monitors: monitors.map(toMonitorKindSummary) };
}

function hasNewProblem({ problems }: AllocationSummary, { problems: told = [] }: AllocationStatus): boolean {
  return problems
    .slice(0, SHOWN_PROBLEMS)
    .some((problem) => !told.some((before) => isDeepStrictEqual(before, problem)));
}

function numbersOf(summary: AllocationSummary): AllocationStatus {
  const { collectors, jobs, targets, unassigned, problems, monitors } = summary;
  return {
    collectors,
    jobs,
    targets,
    unassignedTargets: unassigned,
    ...(monitors === undefined ? {} : { monitors: monitors.map(toMonitorKindStatus) }),
    ...problemsIn({ problems }),
  };
}

function toMonitorKindStatus({ message, ...rest }: MonitorKinds[number]): MonitorKindStatus {
  return message === "" ? rest : Object.assign(rest, { message });
}

function toMonitorKindSummary({ message = "", ...rest }: MonitorKindStatus): MonitorKinds[number] {
  return Object.assign(rest, { message });
}

function problemsIn(allocation: Pick<AllocationSummary, "problems"> | "pending"): AllocationStatus {
  const problems = allocation === "pending" ? [] : allocation.problems;
  return problems.length === 0 ? {} : { problems: problems.slice(0, SHOWN_PROBLEMS) };
}
