import {
  type AllocationSnapshot,
  type AssignedTarget,
  type CollectorInstance,
  EMPTY_LABELS,
  type JobSnapshot,
  type Shard,
  labelsOf,
} from "../../src/allocator/index.ts";

type LabelRecord = Readonly<Record<string, string>>;

/** One target with the labels of its own and of its group. */
export function target(own: LabelRecord, group: LabelRecord = {}): AssignedTarget {
  return {
    groupLabels: Object.keys(group).length === 0 ? EMPTY_LABELS : labelsOf(group),
    ownLabels: labelsOf(own),
    address: own["__address__"] ?? "",
  };
}

export function shard(targets: readonly AssignedTarget[]): Shard {
  return { targets };
}

/** Who scrapes what of one job. Counts follow from it. */
interface JobDescription {
  readonly shares?: Readonly<Record<string, readonly AssignedTarget[]>>;
  readonly unassigned?: readonly AssignedTarget[];
  readonly dropped?: number;
  readonly duplicates?: number;
}

export interface SnapshotDescription {
  /** Names, or names with nodes and zones. */
  readonly collectors?: readonly (string | CollectorInstance)[];
  readonly jobs?: Readonly<Record<string, JobDescription>>;
  readonly version?: number;
}

/** A snapshot as the engine would make it. */
export function snapshotOf({ collectors = [], jobs = {}, version = 1 }: SnapshotDescription): AllocationSnapshot {
  const instances = collectors.map((one) => (typeof one === "string" ? { name: one, nodeName: "" } : one));
  const byName = Object.entries(jobs).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const built = new Map(byName.map(([name, job]) => [name, jobSnapshot(name, job)]));
  const countOf = (collector: string): number =>
    [...built.values()].reduce((sum, job) => sum + (job.byCollector.get(collector)?.targets.length ?? 0), 0);
  return {
    version,
    collectors: instances,
    jobs: built,
    targetsByCollector: new Map(instances.map(({ name }) => [name, countOf(name)])),
  };
}

function jobSnapshot(name: string, description: JobDescription): JobSnapshot {
  const { shares = {}, unassigned = [], dropped = 0, duplicates = 0 } = description;
  const assigned = Object.values(shares).flat().length;
  const counts = { dropped, duplicates, assigned, unassigned: unassigned.length };
  return {
    name,
    counts: { ...counts, discovered: dropped + duplicates + assigned + unassigned.length },
    byCollector: new Map(Object.entries(shares).map(([collector, targets]) => [collector, shard(targets)])),
    unassigned: shard(unassigned),
  };
}
