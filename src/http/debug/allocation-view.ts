import type { JobCounts } from "../../allocator/index.ts";
import { toTotals } from "../totals.ts";
import type { ServedAllocation, ServedJobState, ServedProblem } from "../served-allocation.ts";
import type { ServedMonitorKind } from "../served-monitors.ts";

/** A state in a word, how it is to be felt, and why. */
export interface StateView {
  readonly text: string;
  readonly tone: "good" | "wait" | "bad";
  readonly why?: string;
}

export interface CollectorView {
  readonly name: string;
  readonly nodeName: string;
  readonly targets: number;
}

export interface JobRow {
  readonly name: string;
  readonly counts: JobCounts;
  readonly state: StateView;
}

/** Everything that the page of one allocation shows; also its JSON form. */
export interface AllocationView {
  readonly title: string;
  readonly state: StateView;
  readonly waitingFor: readonly string[];
  readonly totals: JobCounts;
  readonly collectors: readonly CollectorView[];
  readonly jobs: readonly JobRow[];
  readonly problems: readonly ServedProblem[];
  /** Absent when monitors are not read. */
  readonly monitors?: readonly ServedMonitorKind[];
}

/** The page of one allocation. */
export function toAllocationView(title: string, allocation: ServedAllocation): AllocationView {
  const snapshot = allocation.snapshot();
  const monitors = allocation.monitors()?.kinds();
  return {
    title,
    state: toState(allocation),
    waitingFor: allocation.waitingFor(),
    totals: toTotals(snapshot),
    collectors: snapshot.collectors.map(({ name, nodeName }) => ({
      name,
      nodeName,
      targets: snapshot.targetsByCollector.get(name) ?? 0,
    })),
    jobs: [...snapshot.jobs.values()].map(({ name, counts }) => ({
      name,
      counts,
      state: toJobState(allocation.jobState(name)),
    })),
    problems: allocation.problems(),
    ...(monitors === undefined ? {} : { monitors }),
  };
}

/** The state of a whole allocation, as the lists show it. */
export function toState(allocation: ServedAllocation): StateView {
  const [problem, ...more] = allocation.problems();
  if (!allocation.ready) return { text: "Starting", tone: "wait", why: allocation.waitingFor().join("; ") };
  if (problem === undefined) return { text: "Serving", tone: "good" };
  const rest = more.length === 0 ? "" : ` (and ${String(more.length)} more)`;
  return { text: "Serving, with problems", tone: "bad", why: `${problem.message}${rest}` };
}

const JOB_STATES: Readonly<Record<ServedJobState["discovery"], StateView>> = {
  settled: { text: "Up to date", tone: "good" },
  pending: { text: "Starting", tone: "wait" },
  failing: { text: "Failing", tone: "bad" },
};

/** The state of one job's discovery. */
export function toJobState(state: ServedJobState | undefined): StateView {
  if (state === undefined) return { text: "Unknown", tone: "wait" };
  const view = JOB_STATES[state.discovery];
  return state.error === undefined ? view : { ...view, why: state.error };
}
