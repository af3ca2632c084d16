/** How much work an allocator has done since it was created. The numbers only grow. */
export interface AllocationCounters {
  /** Targets that were merged, relabelled and identified. An unchanged target is not processed again. */
  readonly targetsProcessed: number;
  /** Runs of a job's relabelling rules over a target. */
  readonly relabelled: number;
  /** Runs that ended in an exception: a defect, not bad input. Such a target counts as dropped. */
  readonly relabelFailures: number;
  /** Group updates that brought nothing new. */
  readonly groupsUnchanged: number;
  /** Processed targets that turned out to be another target of the job once more. */
  readonly deduplicated: number;
  /** Processed targets whose identity hash belongs to a different target; both are kept. */
  readonly collisions: number;
  /** Targets that were given to a collector when they had none before. */
  readonly placed: number;
  /** Targets that went from one collector to another. */
  readonly moved: number;
  /** Those of them that moved only to even out the loads. */
  readonly balanced: number;
  /** Shards whose content was made anew. */
  readonly shardsPublished: number;
}

/** The counters as the engine's parts count them. */
export type CounterCell = { -readonly [Name in keyof AllocationCounters]: number };

/** All zero. */
export function createCounters(): CounterCell {
  return {
    targetsProcessed: 0,
    relabelled: 0,
    relabelFailures: 0,
    groupsUnchanged: 0,
    deduplicated: 0,
    collisions: 0,
    placed: 0,
    moved: 0,
    balanced: 0,
    shardsPublished: 0,
  };
}
