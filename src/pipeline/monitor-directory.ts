import type { AllocationSnapshot, JobCounts } from "../allocator/index.ts";
import type { MonitorSession } from "../prometheus-cr/monitor-session.ts";
import type { MonitorKindReport, MonitorVerdict } from "../prometheus-cr/monitor-verdict.ts";
import type { MonitorKind } from "../prometheus-cr/resources.ts";
import { MONITOR_KINDS } from "../prometheus-cr/selection.ts";
import type { AllocationPlan } from "./allocation-plan.ts";

/** How the monitors of one kind fare, in numbers. */
export interface MonitorKindSummary {
  readonly kind: MonitorKind;
  /** "NotSelected": its selector is not set, so it is not looked at. */
  readonly state: "Watching" | "NotSelected" | "NotInstalled" | "Forbidden" | "Failing" | "Starting";
  /** Why it is in a state that nobody wants; "" otherwise. */
  readonly message: string;
  /** Monitors that are looked at. */
  readonly found: number;
  readonly selected: number;
  /** Selected, and not used as they are written. */
  readonly refused: number;
  readonly jobs: number;
  /** Targets of these jobs that are kept, assigned or not. */
  readonly targets: number;
}

/** A job of a monitor. */
export interface MonitorJobState {
  readonly name: string;
  /** Undefined when it is not served, or not allocated yet. */
  readonly counts: JobCounts | undefined;
  /** Why it is not served, or not as it should be. */
  readonly problems: readonly string[];
}

/** What became of one monitor. */
export interface MonitorState extends Pick<
  MonitorVerdict,
  "kind" | "namespace" | "name" | "outcome" | "selection" | "problems"
> {
  readonly jobs: readonly MonitorJobState[];
}

/** Why a monitor of a kind is not known. */
export interface UnseenMonitor {
  readonly kind: MonitorKind;
  readonly reason: string;
}

interface Surroundings {
  readonly plan: AllocationPlan | undefined;
  readonly snapshot: AllocationSnapshot;
}

/** What is known of monitors, joined with what was made of their jobs. Looks when it is asked. */
export class MonitorDirectory {
  readonly #session: MonitorSession;
  readonly #surroundings: Surroundings;

  constructor(session: MonitorSession, surroundings: Surroundings) {
    this.#session = session;
    this.#surroundings = surroundings;
  }

  /** All four kinds. */
  kinds(): readonly MonitorKindSummary[] {
    return this.#session.reports().map((report) => {
      const { kind, found, selected, refused, jobs } = report;
      const { state, message } = stateOf(report, this.#session.settled);
      const targets = jobs.reduce((sum, name) => sum + keptOf(this.#countsOf(name)), 0);
      return { kind, state, message, found, selected, refused, jobs: jobs.length, targets };
    });
  }

  /** Every monitor that is looked at, by kind, namespace and name. */
  list(): readonly MonitorState[] {
    const problems = this.#jobProblems();
    return this.#session.verdicts().map((verdict) => this.#stateOf(verdict, problems));
  }

  /** The monitors of a name, of whichever kind. */
  find(namespace: string, name: string): readonly MonitorState[] {
    const problems = this.#jobProblems();
    return MONITOR_KINDS.flatMap((kind) => {
      const verdict = this.#session.verdict(kind, namespace, name);
      return verdict === undefined ? [] : [this.#stateOf(verdict, problems)];
    });
  }

  /** Why none is found in a namespace: for each kind a reason. */
  whyUnseen(namespace: string): readonly UnseenMonitor[] {
    return MONITOR_KINDS.map((kind) => ({
      kind,
      reason: this.#session.whyUnseen(kind, namespace) ?? `there is no ${kind} of this name`,
    }));
  }

  /** Secrets and ConfigMaps that are read again now and then because they must not be watched, as `Secret shop/creds`. */
  get reread(): readonly string[] {
    return this.#session.rereadAssets.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`);
  }

  #countsOf(job: string): JobCounts | undefined {
    return this.#surroundings.snapshot.jobs.get(job)?.counts;
  }

  #jobProblems(): ReadonlyMap<string, readonly string[]> {
    const problems = (this.#surroundings.plan?.problems ?? []).filter(({ job }) => job !== undefined);
    const byJob = Map.groupBy(problems, ({ job }) => job ?? "");
    return new Map([...byJob].map(([job, all]) => [job, all.map(({ message }) => message)]));
  }

  #stateOf(verdict: MonitorVerdict, problems: ReadonlyMap<string, readonly string[]>): MonitorState {
    const { jobs, rejectedJobs, warnings, ...rest } = verdict;
    const served = jobs.map((name) => {
      const known = problems.get(name) ?? [];
      return { name, counts: this.#countsOf(name), problems: known.concat(warnings) };
    });
    const rejected = rejectedJobs.map((job) => ({ name: job.jobName, counts: undefined, problems: job.problems }));
    return { ...rest, jobs: [...served, ...rejected] };
  }
}

function keptOf(counts: JobCounts | undefined): number {
  return counts === undefined ? 0 : counts.assigned + counts.unassigned;
}

const FAILURE_STATES = {
  missing: "NotInstalled",
  forbidden: "Forbidden",
  watching: "Failing",
  pending: "Starting",
} as const;

function stateOf(
  { kind, wanted, failures }: MonitorKindReport,
  settled: boolean,
): Pick<MonitorKindSummary, "state" | "message"> {
  if (!wanted) return { state: "NotSelected", message: `the selector of ${kind}s is not set; {} selects all` };
  const [failure, ...more] = failures;
  if (failure === undefined) return { state: settled ? "Watching" : "Starting", message: "" };
  const rest = more.length === 0 ? "" : ` (and ${String(more.length)} more)`;
  return { state: FAILURE_STATES[failure.state], message: `${failure.message}${rest}` };
}
