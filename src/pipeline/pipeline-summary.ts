import type { AllocationProblem } from "./allocation-problem.ts";
import type { MonitorDirectory, MonitorKindSummary } from "./monitor-directory.ts";
import { findProblems, type PipelineState } from "./pipeline-state.ts";

/** An allocation in numbers. */
export interface PipelineSummary {
  /** The first assignment is complete: the numbers say something. */
  readonly synced: boolean;
  /** Collectors that targets are given to. */
  readonly collectors: number;
  readonly jobs: number;
  /** Targets that are kept, assigned or not. */
  readonly targets: number;
  /** Targets that no collector has. */
  readonly unassigned: number;
  readonly problems: readonly AllocationProblem[];
  /** Custom resources of the Prometheus operator, kind by kind; absent when they are not read. */
  readonly monitors?: readonly MonitorKindSummary[];
}

/** @param monitors - Undefined when they are not read. */
export function summaryOf(state: PipelineState, monitors: MonitorDirectory | undefined): PipelineSummary {
  const { snapshot, plan, ready } = state;
  let [assigned, unassigned] = [0, 0];
  for (const { counts } of snapshot.jobs.values()) {
    assigned += counts.assigned;
    unassigned += counts.unassigned;
  }
  return {
    synced: ready,
    collectors: snapshot.collectors.length,
    jobs: plan?.jobs.length ?? 0,
    targets: assigned + unassigned,
    unassigned,
    problems: findProblems(state),
    ...(monitors === undefined ? {} : { monitors: monitors.kinds() }),
  };
}
