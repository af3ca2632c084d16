import { isDeepStrictEqual } from "node:util";

import {
  Allocator,
  type AllocationSnapshot,
  type CollectorInstance,
  type JobDefinition,
  type TargetGroup,
} from "../allocator/index.ts";
import type { Clock } from "../observability/clock.ts";
import type { AllocationPlan } from "./allocation-plan.ts";
import type { PlannedStrategy } from "./planned-strategy.ts";
import { workInSlices } from "./work-in-slices.ts";

const NOTHING: AllocationSnapshot = Object.freeze({
  version: 0,
  collectors: Object.freeze([]),
  jobs: new Map(),
  targetsByCollector: new Map(),
});

/** What a complete pass has done. */
export interface PassResult {
  /** The snapshot is another one than before. */
  readonly changed: boolean;
  /** What the pass took up, as upstream's metrics name it. */
  readonly method: "SetTargets" | "SetCollectors";
  readonly seconds: number;
  /** Targets that were merged, relabelled and identified. */
  readonly processed: number;
  /** Targets that went from one collector to another. */
  readonly moved: number;
  /** Those of them that were moved only to even out loads. */
  readonly balanced: number;
}

/**
 * Works out what serving a result instead of the former one means; the function that it returns puts that in force, in
 * the moment in which the result is served.
 */
type PrepareServing = (before: AllocationSnapshot, after: AllocationSnapshot) => Generator<undefined, () => void, void>;

/** Hands everything that is known of the targets to an engine that knows nothing; others may work after each yield. */
type Replay = (allocator: Allocator) => Iterable<undefined>;

/** Whether one engine can serve both; how many moves are allowed is no business of an engine. */
function placesAlike(a: PlannedStrategy, b: PlannedStrategy): boolean {
  return a.name === b.name && a.fallback === b.fallback && isDeepStrictEqual(a.settings, b.settings);
}

/**
 * The engine of a pipeline and its last complete result. An engine has one strategy for life; for another strategy
 * another engine takes over, and what the one before has made is served until the first pass of the new one is done.
 *
 * An engine is told of nothing before its first pass, at the start of which it is handed everything. So what changes
 * while a pipeline has to wait costs no memory, and an engine whose pass broke off can be replaced by one that is whole.
 */
export class ReplaceableEngine {
  readonly #onJob: (job: string | undefined) => void;
  readonly #prepareServing: PrepareServing | undefined;
  #allocator: Allocator | undefined;
  /** The allocator has begun its first pass. */
  #begun = false;
  #strategy: PlannedStrategy | undefined;
  #definitions: readonly JobDefinition[] = [];
  #replay: Replay = () => [];
  #collectors: readonly CollectorInstance[] = [];
  #collectorsChanged = false;
  /** What was measured of targets, by job and instance. */
  #weights: ReadonlyMap<string, ReadonlyMap<string, number>> = new Map();
  #served = NOTHING;
  /** The last version of the engines before: versions go on growing. */
  #versionBase = 0;

  /** @param onJob - See AllocatorOptions. */
  constructor(onJob: (job: string | undefined) => void = () => undefined, prepareServing?: PrepareServing) {
    this.#onJob = onJob;
    this.#prepareServing = prepareServing;
  }

  /** The result of the last complete pass. */
  get snapshot(): AllocationSnapshot {
    return this.#served;
  }

  /** A pass would have something to do. */
  get dirty(): boolean {
    return this.#allocator !== undefined && (!this.#begun || this.#allocator.dirty);
  }

  /** Puts a plan in force. */
  configure({ strategy, definitions }: AllocationPlan, replay: Replay): void {
    const before = this.#strategy;
    this.#definitions = definitions;
    this.#replay = replay;
    this.#strategy = strategy;
    if (before !== undefined && placesAlike(before, strategy)) {
      this.#running?.setJobs(definitions);
      this.#tellWeights(this.#weights.keys());
    } else {
      this.#renew(strategy);
    }
  }

  /** See Allocator.updateGroups. */
  updateGroups(job: string, provider: string, groups: readonly TargetGroup[]): void {
    this.#running?.updateGroups(job, provider, groups);
  }

  /** See Allocator.removeProvider. */
  removeProvider(job: string, provider: string): void {
    this.#running?.removeProvider(job, provider);
  }

  /** See Allocator.setCollectors. */
  setCollectors(collectors: readonly CollectorInstance[]): void {
    this.#collectors = collectors;
    this.#collectorsChanged = true;
    this.#running?.setCollectors(collectors);
  }

  /** Takes over everything that was measured of targets; see Allocator.setWeights. */
  setWeights(weights: ReadonlyMap<string, ReadonlyMap<string, number>>): void {
    const jobs = new Set([...this.#weights.keys(), ...weights.keys()]);
    this.#weights = weights;
    this.#tellWeights(jobs);
  }

  /** See Allocator.unbalanced. */
  get unbalanced(): boolean {
    return this.#running?.unbalanced === true;
  }

  /** See Allocator.allowMoves. */
  allowMoves(count: number): void {
    this.#running?.allowMoves(count);
  }

  /**
   * Brings the result up to date with everything that was noted before the call. Undefined when it could not: the
   * signal was aborted, or another engine has taken over meanwhile. Rejects when the pass breaks off, which is a bug;
   * the next pass is then that of a new engine.
   */
  async pass(clock: Clock, signal: AbortSignal): Promise<PassResult | undefined> {
    const allocator = this.#allocator;
    if (allocator === undefined) return undefined;
    const work = this.#begun ? allocator.work() : this.#begin(allocator);
    // From here on the engine is told of every change, also of what changes while it is handed the rest.
    this.#begun = true;
    const started = clock.monotonic();
    const before = { ...allocator.counters };
    const method = this.#collectorsChanged ? "SetCollectors" : "SetTargets";
    this.#collectorsChanged = false;
    const made = await workInSlices(work, clock, signal).catch((error: unknown) => {
      if (allocator === this.#allocator && this.#strategy !== undefined) this.#renew(this.#strategy);
      throw error;
    });
    if (made === undefined || allocator !== this.#allocator) return undefined;
    const snapshot = this.#versionBase === 0 ? made : { ...made, version: made.version + this.#versionBase };
    const changed = snapshot.version !== this.#served.version;
    if (changed && !(await this.#serve(snapshot, clock, signal))) return undefined;
    const seconds = (clock.monotonic() - started) / 1_000;
    const { targetsProcessed, moved, balanced } = allocator.counters;
    return {
      changed,
      method,
      seconds,
      processed: targetsProcessed - before.targetsProcessed,
      moved: moved - before.moved,
      balanced: balanced - before.balanced,
    };
  }

  /** False when the signal was aborted before it could be served. */
  async #serve(snapshot: AllocationSnapshot, clock: Clock, signal: AbortSignal): Promise<boolean> {
    if (this.#prepareServing !== undefined) {
      const begin = await workInSlices(this.#prepareServing(this.#served, snapshot), clock, signal);
      if (begin === undefined) return false;
      begin();
    }
    this.#served = snapshot;
    return true;
  }

  /** The engine, once it has to be told of changes. */
  get #running(): Allocator | undefined {
    return this.#begun ? this.#allocator : undefined;
  }

  #renew({ factory }: PlannedStrategy): void {
    this.#versionBase = this.#served.version;
    this.#allocator = new Allocator({ strategy: factory, onJob: this.#onJob });
    this.#begun = false;
  }

  *#begin(allocator: Allocator): Generator<undefined, AllocationSnapshot, void> {
    allocator.setJobs(this.#definitions);
    allocator.setCollectors(this.#collectors);
    this.#tellWeights(this.#weights.keys());
    yield* this.#replay(allocator);
    return yield* allocator.work();
  }

  /** Weights of a job that is not there (yet) are not remembered by the engine. */
  #tellWeights(jobs: Iterable<string>): void {
    for (const job of jobs) this.#running?.setWeights(job, this.#weights.get(job) ?? new Map());
  }
}
