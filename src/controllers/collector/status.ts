import { isDeepStrictEqual } from "node:util";
import type { Condition } from "../../api/meta.ts";
import type {
  AllocationStatus,
  MonitorKindStatus,
  OpenTelemetryCollectorStatus,
} from "../../api/opentelemetry/v1beta1.ts";
import type { AllocationSummary } from "../allocation-host.ts";
import { toConditions } from "../conditions.ts";
import { contentHash } from "../manifests/canonical-json.ts";
import { imageVersion, selectorLabels } from "../manifests/labels.ts";
import { present } from "../manifests/manifest.ts";
import { allocatorAccess, type CollectorInput, runsOwnPods } from "./collector-input.ts";
import { type Observation, toStatements } from "./statements.ts";

/** What a status is computed from, besides what the conditions are. */
export interface StatusInput extends CollectorInput {
  readonly observation: Observation;
  /** The hash of the objects that are applied, all of them; undefined when that is not known. */
  readonly appliedHash: string | undefined;
  readonly previous: OpenTelemetryCollectorStatus | undefined;
  /** RFC 3339. */
  readonly now: string;
}

type MonitorKinds = NonNullable<AllocationSummary["monitors"]>;

/** Problems beyond these are counted in the log and on the page; a status has no room for thousands. */
const SHOWN_PROBLEMS = 10;

/** The status as it should be. Pure: what has not changed comes out the same. */
export function toStatus(input: StatusInput): OpenTelemetryCollectorStatus {
  const { collector, settings, observation, previous } = input;
  const generation = collector.metadata.generation ?? 0;
  return present({
    observedGeneration: generation,
    // The version whose configuration this is. Only an upgrade routine may move it.
    version: previous?.version ?? imageVersion(settings.collectorImage),
    image: observation.workload?.image ?? previous?.image,
    scale: scaleOf(input),
    allocation: allocationOf(input),
    conditions: toConditions(toStatements(observation), previous?.conditions ?? [], { generation, now: input.now }),
    appliedHash: input.appliedHash,
  });
}

function scaleOf({ collector, observation }: StatusInput): OpenTelemetryCollectorStatus["scale"] {
  const { workload } = observation;
  if (!runsOwnPods(collector.spec.mode)) return { replicas: 0, selector: "" };
  const labels = Object.entries(selectorLabels(collector.metadata, "opentelemetry-collector"));
  return {
    selector: labels.map(([key, value]) => `${key}=${value}`).join(","),
    replicas: workload?.existing ?? 0,
    statusReplicas: `${String(workload?.ready ?? 0)}/${String(workload?.wanted ?? 0)}`,
  };
}

function allocationOf(input: StatusInput): AllocationStatus | undefined {
  const { allocation } = input.observation;
  const access = allocatorAccess(input);
  if (allocation === undefined || access === undefined) return undefined;
  const { endpoint } = access;
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
  previous: OpenTelemetryCollectorStatus | undefined,
): AllocationSummary | "pending" {
  const before = previous?.allocation ?? {};
  if (summary !== undefined && (summary.synced || hasNewProblem(summary, before))) return summary;
  return toldBefore(before) ?? "pending";
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

/** What there is to do about a status that is to be shown. */
export type StatusChange = "none" | "numbers" | "news";

/**
 * Compares two statuses. "numbers" means that only counts and texts differ, which may wait a little; "news" that a
 * condition, a reason, a replica or the generation does.
 */
export function compareStatus(
  before: OpenTelemetryCollectorStatus | undefined,
  after: OpenTelemetryCollectorStatus,
): StatusChange {
  if (before === undefined) return "news";
  if (contentHash(before) === contentHash(after)) return "none";
  return contentHash(withoutNumbers(before)) === contentHash(withoutNumbers(after)) ? "numbers" : "news";
}

function withoutNumbers({ conditions = [], allocation, ...rest }: OpenTelemetryCollectorStatus): unknown {
  const verdicts = conditions.map(({ message: _text, ...condition }: Condition) => condition);
  return { ...rest, conditions: verdicts, endpoint: allocation?.endpoint };
}
