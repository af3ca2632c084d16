import type { JobCounts } from "../allocator/index.ts";

/** How the custom resources of one kind of the Prometheus operator fare, in numbers. */
export interface ServedMonitorKind {
  /** ServiceMonitor, PodMonitor, Probe or ScrapeConfig. */
  readonly kind: string;
  /** Watching, NotSelected, NotInstalled, Forbidden, Failing or Starting. */
  readonly state: string;
  /** Why it is in a state that nobody wants; "" otherwise. */
  readonly message: string;
  /** Those that are looked at; of these: */
  readonly found: number;
  readonly selected: number;
  /** Selected, and not used as they are written. */
  readonly refused: number;
  readonly jobs: number;
  /** Targets of these jobs that are kept. */
  readonly targets: number;
}

/** A job of a monitor. */
export interface ServedMonitorJob {
  readonly name: string;
  /** Absent when it is not served, or not allocated yet. */
  readonly counts?: JobCounts | undefined;
  /** Why it is not served, or not as it should be. */
  readonly problems: readonly string[];
}

/** What became of one monitor. */
export interface ServedMonitor {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly outcome: "selected" | "refused" | "pending" | "unselected";
  /** Which selector decided, as a sentence. */
  readonly selection: string;
  /** Why it is refused. */
  readonly problems: readonly string[];
  readonly jobs: readonly ServedMonitorJob[];
}

/** What HTTP reads of the custom resources of the Prometheus operator that one allocation reads. */
export interface ServedMonitors {
  kinds(): readonly ServedMonitorKind[];
  /** By kind, namespace and name. */
  list(): readonly ServedMonitor[];
  /** Those of a name, of whichever kind. */
  find(namespace: string, name: string): readonly ServedMonitor[];
  /** Why none is found in a namespace, kind by kind. */
  whyUnseen(namespace: string): readonly { readonly kind: string; readonly reason: string }[];
  /** Secrets and ConfigMaps whose changes are found late, as `Secret shop/creds`. */
  readonly reread: readonly string[];
}
