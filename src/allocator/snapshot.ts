import type { CollectorInstance } from "./collector-instance.ts";
import type { Labels } from "./labels/labels.ts";

/** One target as it is served: what discovery found, before seeds and relabelling. */
export interface AssignedTarget {
  /** Group and target labels are kept apart; read them merged by `mergedLabels`. */
  readonly groupLabels: Labels;
  readonly ownLabels: Labels;
  /** The target's own `__address__` ("" when only the group has one): the `targets` entry and the hashing key. */
  readonly address: string;
}

/**
 * The targets of one job that one collector scrapes, or that nobody does. The object is replaced when its content
 * changes and never modified, so its identity can key caches of encoded answers.
 */
export interface Shard {
  /** In canonical order: equal inputs give equal order. */
  readonly targets: readonly AssignedTarget[];
}

/** Why targets of a job are not served; counts add up to `discovered`. */
export interface JobCounts {
  /** Before relabelling and de-duplication. */
  readonly discovered: number;
  /** By relabelling. */
  readonly dropped: number;
  /** Equal to another target of the job after relabelling. */
  readonly duplicates: number;
  readonly assigned: number;
  /** Kept, but no collector may have them (none there, or none on the target's node). */
  readonly unassigned: number;
}

export interface JobSnapshot {
  readonly name: string;
  readonly counts: JobCounts;
  /** Only collectors that have targets of this job, by name. */
  readonly byCollector: ReadonlyMap<string, Shard>;
  readonly unassigned: Shard;
}

/** A complete result of the engine. Immutable. */
export interface AllocationSnapshot {
  /** Grows by one with every snapshot that differs from the one before. */
  readonly version: number;
  /** Sorted by name, bytewise. */
  readonly collectors: readonly CollectorInstance[];
  /** Every configured job, also those without targets, sorted by name. */
  readonly jobs: ReadonlyMap<string, JobSnapshot>;
  /** Targets per collector over all jobs; every collector has an entry. */
  readonly targetsByCollector: ReadonlyMap<string, number>;
}
