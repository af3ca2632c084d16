import type { AllocationSnapshot, ExplainedTargets, Shard, StrategyNames } from "../allocator/index.ts";
import type { ServedMonitors } from "./served-monitors.ts";

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
  /** The same, and different for collectors when one of the secrets is. */
  readonly noticeable: string;
}

/** Which targets of one job are to be explained. */
export interface ExplainQuery {
  readonly job: string;
  /** Exactly this `__address__`, as discovered. */
  readonly address?: string;
  /** Part of the address, or all of the value of any discovered label, such as the name of a pod. */
  readonly text?: string;
  /** How many of those that are meant to explain at most. */
  readonly limit: number;
}

/** What can be said about a job and the targets of it that were asked for. */
export interface ServedExplanation extends ExplainedTargets {
  readonly job: string;
  readonly strategy: StrategyNames;
  /** Of the result that is served. */
  readonly version: number;
  /** The job is not served, because a collector would refuse it; the problems say why. */
  readonly quarantined: boolean;
  /** Absent when it is quarantined. */
  readonly discovery?: { readonly state: ServedJobState["discovery"]; readonly error?: string };
  /** Those that concern this job. */
  readonly problems: readonly ServedProblem[];
  /** What is missing until anything is served; empty once it is. */
  readonly waitingFor: readonly string[];
}

/** What comes of asking. */
export type ServedExplainAnswer =
  | { readonly kind: "explained"; readonly explanation: ServedExplanation }
  /** There is no such job; those are there. */
  | { readonly kind: "unknown-job"; readonly jobs: readonly string[] }
  /** Too many ask at the same time. */
  | { readonly kind: "busy" };

/** A share that a collector was sent to its end. */
export interface ServedFetch {
  readonly job: string;
  readonly collector: string;
  /** Of the result that was answered from. */
  readonly version: number;
  /** How long the client waits between two requests, in milliseconds. */
  readonly refreshIntervalMs: number;
}

/** What collectors have been told, and what they are to be told because of that. */
export interface ServedDeliveries {
  /** Whether it was a collector once and is none any more: what it had was given to others. */
  hasDeparted(collector: string): boolean;
  /** What the collector is to be told of the job, by what the result gives it; undefined for none. */
  shareOf(job: string, collector: string, shard: Shard | undefined): Shard | undefined;
  fetched(fetch: ServedFetch): void;
  /** When the collector was answered last, in milliseconds since the epoch; undefined when it never was. */
  lastFetchAt(collector: string): number | undefined;
}

/** What one of the collectors' receivers is served. */
export interface ServedReceiver {
  readonly scrapeConfigs: ServedScrapeConfigs;
  /** Whether the job is this receiver's. */
  has(job: string): boolean;
}

/**
 * What HTTP reads of one running allocation, once per request; it never writes. Reads are cheap, but for {@link explain}:
 * they answer what the last complete pass left.
 */
export interface ServedAllocation {
  /** The first complete assignment is done; stays true. Until then no route may answer as if there were no targets. */
  readonly ready: boolean;
  /** A configuration has been read. */
  readonly configured: boolean;
  snapshot(): AllocationSnapshot;
  readonly deliveries: ServedDeliveries;
  /** Undefined until configured. */
  scrapeConfigs(): ServedScrapeConfigs | undefined;
  /** The collectors' receivers, by id: each job belongs to one of them. Undefined until configured. */
  receivers(): ReadonlyMap<string, ServedReceiver> | undefined;
  /** Undefined for a job that is not configured. */
  jobState(job: string): ServedJobState | undefined;
  problems(): readonly ServedProblem[];
  /** Custom resources of the Prometheus operator; undefined when they are not read. */
  monitors(): ServedMonitors | undefined;
  /** What is still missing until ready, one sentence each; empty once ready. */
  waitingFor(): readonly string[];
  /** Explains targets of one job. Takes as long as a pass over it. Rejects with the signal's reason when aborted. */
  explain(query: ExplainQuery, signal: AbortSignal): Promise<ServedExplainAnswer>;
}

/** The part of it that collectors ask for. */
export type ServedShares = Pick<
  ServedAllocation,
  "ready" | "snapshot" | "deliveries" | "scrapeConfigs" | "jobState" | "waitingFor"
>;
