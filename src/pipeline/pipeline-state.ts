import type { AllocationSnapshot } from "../allocator/index.ts";
import type { JobDiscovery } from "../discovery/discovery-manager.ts";
import type { WaitingPod } from "../discovery/waiting-pod.ts";
import type { MonitorSession } from "../prometheus-cr/monitor-session.ts";
import type { AllocationPlan } from "./allocation-plan.ts";
import type { AllocationProblem } from "./allocation-problem.ts";
import { monitorProblems } from "./monitor-problems.ts";
import { strategyProblems } from "./strategy-problems.ts";

/** How many jobs a sentence names before it only counts them. */
const NAMED_JOBS = 5;
/** The same for pods. */
const NAMED_PODS = 3;

/** Everything that says how a pipeline is. */
export interface PipelineState {
  readonly plan: AllocationPlan | undefined;
  /** Why the latest file is not in force. */
  readonly invalid: string | undefined;
  /** What the caller cannot put in force of the file that is. */
  readonly notes: readonly AllocationProblem[];
  /** See CollectorFeed. */
  readonly collectors: {
    readonly synced: boolean;
    readonly discovered: number;
    readonly waiting: readonly WaitingPod[];
    readonly holding: boolean;
    readonly error: Error | undefined;
    readonly zoneError: Error | undefined;
  };
  /** See StrategyUpkeep. */
  readonly weights: {
    readonly settled: boolean;
    readonly error: Error | undefined;
  };
  /** See MonitorFeed. */
  readonly monitors: {
    readonly synced: boolean;
    readonly session: MonitorSession | undefined;
  };
  /** See DiscoveryManager. */
  readonly discovery: {
    readonly settled: boolean;
    stateOf(job: string): JobDiscovery | undefined;
  };
  readonly snapshot: AllocationSnapshot;
  readonly ready: boolean;
  /** Why the latest pass broke off. */
  readonly failure: Error | undefined;
}

/** Whether a first pass can begin: everything is known that can be known. */
export function hasAllInputs({ plan, monitors, collectors, weights, discovery }: PipelineState): boolean {
  return plan !== undefined && monitors.synced && discovery.settled && collectors.synced && weights.settled;
}

/** What keeps {@link hasAllInputs} from being true, one sentence each; looks at every job. */
export function missingInputs({
  plan,
  invalid,
  monitors,
  collectors,
  weights,
  discovery,
}: PipelineState): readonly string[] {
  if (plan === undefined) return [`no usable configuration yet${invalid === undefined ? "" : `: ${invalid}`}`];
  const missing = [...(monitors.session?.waitingFor() ?? [])];
  if (!discovery.settled) {
    const names = plan.jobs.map(({ jobName }) => jobName);
    const pending = names.filter((job) => discovery.stateOf(job)?.state === "pending");
    missing.push(`discovery has not reported yet for ${listJobs(pending)}`);
  }
  if (!collectors.synced) {
    missing.push(
      `the collectors are not known yet${collectors.error === undefined ? "" : `: ${collectors.error.message}`}`,
    );
  }
  if (!weights.settled) missing.push("the weights of targets have not been read yet");
  return missing;
}

/** Everything that keeps the allocation from being complete, most general first. */
export function findProblems(state: PipelineState): readonly AllocationProblem[] {
  const { plan, invalid, notes, failure } = state;
  const found: AllocationProblem[] = [];
  if (invalid !== undefined) {
    const consequence = plan === undefined ? "nothing is served" : "the last good one stays in force";
    found.push({ reason: "ConfigurationInvalid", message: `${invalid} (${consequence})` });
  }
  if (failure !== undefined) {
    const message = `a pass broke off: ${failure.message}; the last complete result is served; please report this`;
    found.push({ reason: "AllocationFailed", message });
  }
  return [
    ...found,
    ...notes,
    ...collectorProblems(state),
    ...strategyProblems(state),
    ...(state.monitors.session === undefined ? [] : monitorProblems(state.monitors.session)),
    ...(plan?.problems ?? []),
    ...discoveryProblems(state),
  ];
}

function collectorProblems(state: PipelineState): readonly AllocationProblem[] {
  const { error, synced, discovered } = state.collectors;
  return [
    ...(error === undefined ? [] : [{ reason: "CollectorDiscoveryFailing" as const, message: error.message }]),
    ...(synced && discovered === 0 ? [noCollectors(state.collectors)] : []),
    ...unassignedProblems(state),
  ];
}

function noCollectors({ holding, waiting }: PipelineState["collectors"]): AllocationProblem {
  const consequence = holding
    ? "targets stay with the collectors before until the grace period is over"
    : "no target is assigned";
  const message = `there are no collectors: ${waitingPods(waiting)}${consequence}`;
  return { reason: waiting.length === 0 ? "NoCollectors" : "CollectorsNotReady", message };
}

function unassignedProblems({ ready, snapshot, plan }: PipelineState): readonly AllocationProblem[] {
  // Before the first assignment nobody has anything, and without collectors that has been said already.
  const unassigned = [...snapshot.jobs.values()].filter(({ counts }) => counts.unassigned > 0);
  if (!ready || unassigned.length === 0 || snapshot.collectors.length === 0) return [];
  const targets = unassigned.reduce((sum, { counts }) => sum + counts.unassigned, 0);
  const advice =
    plan?.strategy.name === "per-node"
      ? "no collector runs on their node, or they have none; set allocation_fallback_strategy: consistent-hashing"
      : `the strategy ${plan?.strategy.name ?? ""} places them nowhere`;
  const message = `${targets} targets of ${listJobs(unassigned.map(({ name }) => name))} have no collector: ${advice}`;
  return [{ reason: "TargetsUnassigned", message }];
}

function waitingPods(pods: readonly WaitingPod[]): string {
  if (pods.length === 0) return "";
  const named = pods.slice(0, NAMED_PODS).map(({ name, state }) => `${name} ${state}`);
  const rest = pods.length > NAMED_PODS ? ` and ${pods.length - NAMED_PODS} more` : "";
  return `of ${pods.length} ${pods.length === 1 ? "pod" : "pods"} none is ready (${named.join(", ")}${rest}); `;
}

function discoveryProblems({ plan, discovery }: PipelineState): readonly AllocationProblem[] {
  return (plan?.jobs ?? []).flatMap(({ jobName }) => {
    const { state, error = "no reason given" } = discovery.stateOf(jobName) ?? {};
    return state === "failing" ? [{ job: jobName, reason: "DiscoveryFailing" as const, message: error }] : [];
  });
}

function listJobs(names: readonly string[]): string {
  const named = names.slice(0, NAMED_JOBS).join(", ");
  const rest = names.length - NAMED_JOBS;
  return `${names.length === 1 ? "job" : "jobs"} ${named}${rest > 0 ? ` and ${rest} more` : ""}`;
}
