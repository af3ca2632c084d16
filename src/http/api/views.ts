import {
  type AllocationSnapshot,
  discoveredAddress,
  type JobCounts,
  mergedLabels,
  toRecord,
} from "../../allocator/index.ts";
import type { ServedAllocation, ServedJobState, ServedProblem } from "../served-allocation.ts";
import { toTotals } from "../totals.ts";
import type { FoundTarget } from "./target-search.ts";

/** The body of `/api/v1/status`. */
interface StatusJson {
  readonly version: number;
  readonly ready: boolean;
  readonly waitingFor: readonly string[];
  readonly collectors: number;
  readonly jobs: number;
  readonly targets: JobCounts;
  readonly problems: readonly ServedProblem[];
}

export function toStatusJson(allocation: ServedAllocation): StatusJson {
  const snapshot = allocation.snapshot();
  return {
    version: snapshot.version,
    ready: allocation.ready,
    waitingFor: allocation.waitingFor(),
    collectors: snapshot.collectors.length,
    jobs: snapshot.jobs.size,
    targets: toTotals(snapshot),
    problems: allocation.problems(),
  };
}

/** One collector. */
interface CollectorJson {
  readonly name: string;
  readonly node: string;
  readonly targets: number;
  readonly jobs: number;
}

export function toCollectorsJson({
  collectors,
  jobs,
  targetsByCollector,
}: AllocationSnapshot): readonly CollectorJson[] {
  const jobsOf = new Map<string, number>();
  for (const { byCollector } of jobs.values()) {
    for (const name of byCollector.keys()) jobsOf.set(name, (jobsOf.get(name) ?? 0) + 1);
  }
  return collectors.map(({ name, nodeName }) => ({
    name,
    node: nodeName,
    targets: targetsByCollector.get(name) ?? 0,
    jobs: jobsOf.get(name) ?? 0,
  }));
}

/** One job; see the schema. */
interface JobJson {
  readonly name: string;
  readonly served: boolean;
  readonly state?: ServedJobState;
  readonly counts?: JobCounts;
  readonly problems: readonly ServedProblem[];
}

/** Every job, those that are set aside included, by name. */
export function toJobsJson(allocation: ServedAllocation): readonly JobJson[] {
  const { jobs } = allocation.snapshot();
  const problems = Map.groupBy(allocation.problems(), ({ job }) => job);
  const names = new Set([...jobs.keys(), ...[...problems.keys()].filter((job) => job !== undefined)]);
  return [...names].toSorted().map((name) => toJobJson(allocation, name, problems.get(name) ?? []));
}

function toJobJson(allocation: ServedAllocation, name: string, problems: readonly ServedProblem[]): JobJson {
  const state = allocation.jobState(name);
  const counts = allocation.snapshot().jobs.get(name)?.counts;
  return {
    name,
    served: state !== undefined,
    ...(state === undefined ? {} : { state }),
    ...(counts === undefined ? {} : { counts }),
    problems,
  };
}

/** One target as `/api/v1/targets` tells it; passwords of URLs are masked where the page is written. */
export interface TargetJson {
  readonly job: string;
  readonly collector: string | null;
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
}

export function toTargetJson(found: FoundTarget): TargetJson {
  const { groupLabels, ownLabels } = found.target;
  return { ...toAssignmentJson(found), labels: toRecord(mergedLabels(groupLabels, ownLabels)) };
}

/** As many as 1,000 on a page, so nothing but who scrapes what. */
export function toAssignmentJson({ job, collector, target }: FoundTarget): Omit<TargetJson, "labels"> {
  return { job, collector: collector ?? null, address: discoveredAddress(target) };
}
