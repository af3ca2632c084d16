import type { CollectorInstance } from "../collector-instance.ts";

/** How much a collector scrapes at the moment. */
export interface CollectorLoad {
  readonly collector: CollectorInstance;
  /** Targets over all jobs. */
  readonly targets: number;
  /** Targets of one job. */
  targetsOf(job: string): number;
  /** Of all targets together; where a strategy weighs nothing, each weighs 1. */
  readonly weight: number;
  /** Of the targets with one placement key; 0 where a strategy weighs nothing. */
  weightOf(key: string): number;
}
