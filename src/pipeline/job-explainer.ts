import { type AssignedTarget, discoveredAddress, type ExplainedTargets, explainTargets } from "../allocator/index.ts";
import type { KnownSource, StrategyNames } from "../allocator/index.ts";
import type { JobDiscovery } from "../discovery/discovery-manager.ts";
import type { Clock } from "../observability/clock.ts";
import type { AllocationProblem } from "./allocation-problem.ts";
import { findProblems, missingInputs, type PipelineState } from "./pipeline-state.ts";
import { workInSlices } from "./work-in-slices.ts";

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
export interface JobExplanation extends ExplainedTargets {
  readonly job: string;
  readonly strategy: StrategyNames;
  /** Of the result that is served. */
  readonly version: number;
  /** The job is not served, because a collector would refuse it; the problems say why. */
  readonly quarantined: boolean;
  /** Absent when it is quarantined. */
  readonly discovery?: Pick<JobDiscovery, "state" | "error">;
  /** Those that concern this job. */
  readonly problems: readonly AllocationProblem[];
  /** What is missing until anything is served; empty once it is. */
  readonly waitingFor: readonly string[];
}

/** What comes of asking. */
export type ExplainAnswer =
  | { readonly kind: "explained"; readonly explanation: JobExplanation }
  /** There is no such job; those are there. */
  | { readonly kind: "unknown-job"; readonly jobs: readonly string[] }
  /** Too many ask at the same time. */
  | { readonly kind: "busy" };

const NOTHING: ExplainedTargets = { searched: 0, matched: 0, rules: [], targets: [] };

/** How many may wait for their turn. */
const MOST_WAITING = 8;

interface JobExplainerOptions {
  readonly clock: Clock;
  /** See DiscoveryManager.sourcesOf. */
  readonly sourcesOf: (job: string) => readonly KnownSource[];
  readonly state: () => PipelineState;
}

/**
 * Explains targets when somebody asks. That is a pass over the job, in slices, beside those of the engine; so only one
 * is under way at a time, and few wait.
 */
export class JobExplainer {
  readonly #options: JobExplainerOptions;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(options: JobExplainerOptions) {
    this.#options = options;
  }

  /** Rejects with the signal's reason when it is aborted. */
  async explain(query: ExplainQuery, signal: AbortSignal): Promise<ExplainAnswer> {
    if (this.#waiting >= MOST_WAITING) return { kind: "busy" };
    this.#waiting += 1;
    const turn = this.#last.then(async () => this.#explain(query, signal));
    this.#last = turn.catch(() => undefined);
    return turn.finally(() => {
      this.#waiting -= 1;
    });
  }

  async #explain(query: ExplainQuery, signal: AbortSignal): Promise<ExplainAnswer> {
    signal.throwIfAborted();
    const state = this.#options.state();
    const { plan, snapshot, ready } = state;
    const { job, limit } = query;
    const definition = plan?.definitions.find(({ name }) => name === job);
    const problems = findProblems(state).filter((problem) => problem.job === job);
    if (plan === undefined || (definition === undefined && problems.length === 0)) {
      return { kind: "unknown-job", jobs: jobsOf(state) };
    }
    const { name, fallback, settings } = plan.strategy;
    const about = {
      job,
      strategy: { name, fallback },
      version: snapshot.version,
      problems,
      waitingFor: ready ? [] : missingInputs(state),
    };
    if (definition === undefined) {
      return { kind: "explained", explanation: { ...about, quarantined: true, ...NOTHING } };
    }
    const sources = this.#options.sourcesOf(job);
    const selects = selectionOf(query);
    const work = explainTargets({
      definition,
      strategy: about.strategy,
      zoneLabels: settings.zoneLabels,
      sources,
      snapshot,
      selects,
      limit,
    });
    const explained = await workInSlices(work, this.#options.clock, signal);
    if (explained === undefined) throw signal.reason;
    const { state: discovery = "pending", error } = state.discovery.stateOf(job) ?? {};
    const told = error === undefined ? { state: discovery } : { state: discovery, error };
    return { kind: "explained", explanation: { ...about, quarantined: false, discovery: told, ...explained } };
  }
}

function selectionOf({ address, text }: ExplainQuery): (target: AssignedTarget) => boolean {
  return (target) => {
    const own = discoveredAddress(target);
    if (address !== undefined && own !== address) return false;
    if (text === undefined || own.includes(text)) return true;
    return target.ownLabels.values.includes(text) || target.groupLabels.values.includes(text);
  };
}

/** All jobs, those that are not served included. */
function jobsOf({ plan }: PipelineState): readonly string[] {
  const quarantined = (plan?.problems ?? []).flatMap(({ job }) => (job === undefined ? [] : [job]));
  return [...new Set([...(plan?.jobs ?? []).map(({ jobName }) => jobName), ...quarantined])];
}
