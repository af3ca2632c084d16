import type { CollectorInstance } from "../collector-instance.ts";

/** How much a collector scrapes at the moment. */
export interface CollectorLoad {
  /** Which of the collectors that there are it is: a small number that none of the others has. */
  readonly slot: number;
  readonly collector: CollectorInstance;
  /** Targets over all jobs. */
  readonly targets: number;
  /** Of all targets together; where a strategy weighs nothing, each weighs 1. */
  readonly weight: number;
  /** Of the targets with one placement key; 0 where a strategy weighs nothing. */
  weightOf(key: string): number;
}

/** How much of one job collectors scrape at the moment. */
export interface JobLoad {
  /** Targets of the job that a collector has. */
  targetsAt(load: CollectorLoad): number;
}
