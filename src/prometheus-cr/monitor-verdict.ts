import type { RejectedJob } from "../allocator/index.ts";
import type { WatchFailure } from "./kind-watch.ts";
import type { MonitorOutcome } from "./monitor-outcome.ts";
import type { Monitor, MonitorKind } from "./resources.ts";
import type { SelectionVerdict } from "./selection.ts";

/** What became of one monitor, for its author. */
export interface MonitorVerdict {
  readonly kind: MonitorKind;
  readonly namespace: string;
  readonly name: string;
  /**
   * "selected": its jobs are served, but for those rejected. "refused": it is selected and cannot be used as it is
   * written. "pending": it is selected, and what it refers to is not known yet. "unselected": it does not count.
   */
  readonly outcome: "selected" | "refused" | "pending" | "unselected";
  /** Which selector decided, as a sentence. */
  readonly selection: string;
  /** Why it is refused: what its author has to change. */
  readonly problems: readonly string[];
  /** What its jobs lack through no fault of its author: what of a scrape class cannot be taken over. */
  readonly warnings: readonly string[];
  /** Names of its jobs, in the order of its endpoints. */
  readonly jobs: readonly string[];
  /** Jobs of it that are not served. */
  readonly rejectedJobs: readonly RejectedJob[];
}

/** How the monitors of one kind fare. */
export interface MonitorKindReport {
  readonly kind: MonitorKind;
  /** Whether any of them can be selected: its selector is set. */
  readonly wanted: boolean;
  /** Monitors that are looked at; of these: */
  readonly found: number;
  readonly selected: number;
  /** Selected and not used. */
  readonly refused: number;
  /** Their names, in no particular order. */
  readonly jobs: readonly string[];
  /** Why some or all of them cannot be followed. */
  readonly failures: readonly WatchFailure[];
}

/** @param outcome - Undefined while it is not known. */
export function toVerdict(
  { kind, object }: { readonly kind: MonitorKind; readonly object: Monitor },
  { selected, reason: selection }: SelectionVerdict,
  outcome: MonitorOutcome | undefined,
): MonitorVerdict {
  const { namespace = "", name } = object.metadata;
  const { jobs = [], rejected = [], problems = [], warnings = [] } = outcome ?? {};
  return {
    kind,
    namespace,
    name,
    outcome: selected ? stateOf(outcome) : "unselected",
    selection,
    problems,
    warnings,
    jobs: jobs.map(({ jobName }) => jobName),
    rejectedJobs: rejected,
  };
}

function stateOf(outcome: MonitorOutcome | undefined): MonitorVerdict["outcome"] {
  if (outcome === undefined) return "pending";
  return outcome.problems.length > 0 ? "refused" : "selected";
}
