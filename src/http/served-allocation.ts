import type { AllocationSnapshot } from "../allocator/index.ts";

/** How far the discovery of one job is. */
export interface ServedJobState {
  /**
   * "pending": no failure, but some source has not reported yet. "settled": every source has reported.
   * "failing": the latest attempt of some source failed; what it reported before stays.
   */
  readonly discovery: "pending" | "settled" | "failing";
  /** What was tried on what, while failing. */
  readonly error?: string;
}

/** Something that keeps an allocation from being complete, in words for its owner. */
export interface ServedProblem {
  /** The job it concerns; absent when it concerns the whole allocation. */
  readonly job?: string;
  /** One CamelCase word that alerts and scripts can match on. */
  readonly reason: string;
  readonly message: string;
}

/** The two encodings of the scrape configurations: complete JSON bodies of `/scrape_configs`. */
export interface ServedScrapeConfigs {
  /** Every secret is replaced by `<secret>`. */
  readonly masked: string;
  /** For a route that its reader is authorised for. */
  readonly clear: string;
}

/**
 * What HTTP reads of one running allocation, once per request; it never writes. Reads are cheap: they answer what the
 * last complete pass left.
 */
export interface ServedAllocation {
  /** The first complete assignment is done; stays true. Until then no route may answer as if there were no targets. */
  readonly ready: boolean;
  /** A configuration has been read. */
  readonly configured: boolean;
  snapshot(): AllocationSnapshot;
  /** Undefined until configured. */
  scrapeConfigs(): ServedScrapeConfigs | undefined;
  /** Undefined for a job that is not configured. */
  jobState(job: string): ServedJobState | undefined;
  problems(): readonly ServedProblem[];
  /** What is still missing until ready, one sentence each; empty once ready. */
  waitingFor(): readonly string[];
}
