import { Assignment } from "./assignment.ts";
import type { CollectorInstance } from "./collector-instance.ts";
import { type AllocationCounters, type CounterCell, createCounters } from "./counters.ts";
import type { JobDefinition } from "./job-definition.ts";
import { compareBytewise } from "./labels/bytewise.ts";
import { PendingChanges } from "./pending-changes.ts";
import { sortInSlices } from "./sorted-list.ts";
import type { AllocationSnapshot, JobSnapshot } from "./snapshot.ts";
import type { StrategyFactory } from "./strategies/strategy.ts";
import { ChangedIdentities } from "./targets/changed-identities.ts";
import { type JobContext, JobTargets } from "./targets/job-targets.ts";
import type { TargetGroup } from "./targets/target-group.ts";
import { TargetLabels } from "./targets/target-labels.ts";
import { WORK, WorkSlice } from "./work-slice.ts";

/** What an allocator is made of. */
export interface AllocatorOptions {
  readonly strategy: StrategyFactory;
  /**
   * Maps each half of the 64-bit hash of a target's final labels to the one that is used to find equal targets. Any
   * function is right, because equal hashes are checked; tests force collisions by a narrow one. @default itself
   */
  readonly identityHash?: (half: number) => number;
  /**
   * Told whose targets a pass works on: the name of a job when that begins, undefined when it is done. For measuring,
   * because the engine knows no clock. @default nobody is told
   */
  readonly onJob?: (job: string | undefined) => void;
}

const EMPTY_SNAPSHOT: AllocationSnapshot = Object.freeze({
  version: 0,
  collectors: Object.freeze([]),
  jobs: new Map(),
  targetsByCollector: new Map(),
});

/**
 * The engine: jobs, target groups and collectors in, who scrapes what out.
 *
 * The calls that change inputs only take note. {@link work} brings the result up to date, at a cost in proportion to
 * what changed: a changed group costs its changed targets, a changed collector the targets that it gains or loses.
 * Equal inputs give an equal result, whatever the order in which they arrived before a pass; where a strategy keeps
 * targets where they are, the result depends on the result before, too.
 *
 * Without collectors every target is unassigned, but each remembers who had it: when the same collectors come back,
 * nothing has moved.
 */
export class Allocator {
  readonly #counters: CounterCell = createCounters();
  readonly #changed = new ChangedIdentities();
  readonly #assignment: Assignment;
  readonly #context: JobContext;
  readonly #weighs: boolean;
  readonly #onJob: (job: string | undefined) => void;
  /** Sorted by name. */
  #jobs: ReadonlyMap<string, JobTargets> = new Map();
  /** The jobs that the snapshot has. */
  #publishedJobs: ReadonlyMap<string, JobTargets> = this.#jobs;
  #pending = new PendingChanges();
  #pass: Generator<undefined, AllocationSnapshot> | undefined;
  #snapshot = EMPTY_SNAPSHOT;

  constructor({ strategy, identityHash = (half) => half, onJob = () => undefined }: AllocatorOptions) {
    this.#onJob = onJob;
    this.#assignment = new Assignment(strategy, this.#counters, this.#changed);
    const labels = new TargetLabels();
    this.#weighs = strategy.weightOf !== undefined;
    const traitOf = strategy.traitOf?.bind(strategy);
    const touched = new Set<JobTargets>();
    this.#context = { counters: this.#counters, changed: this.#changed, touched, labels, identityHash, traitOf };
  }

  /** Makes exactly these the jobs. A job that is left out loses its groups; one with an equal definition costs nothing. */
  setJobs(jobs: readonly JobDefinition[]): void {
    this.#pending.jobs = jobs;
  }

  /**
   * Takes over groups of a provider that changed; a group without targets is gone. Sources are the provider's own.
   * Groups of a job that does not exist when the next pass begins are ignored.
   */
  updateGroups(job: string, provider: string, groups: readonly TargetGroup[]): void {
    this.#pending.updateGroups(job, provider, groups);
  }

  /** All groups of the provider are gone, except those that arrive after this call. */
  removeProvider(job: string, provider: string): void {
    this.#pending.removeProvider(job, provider);
  }

  /** Makes exactly these the collectors, in any order. */
  setCollectors(collectors: readonly CollectorInstance[]): void {
    this.#pending.collectors = collectors;
  }

  /**
   * Takes over what the targets of a job were measured to weigh, all of them, by the `instance` label of their series:
   * positive numbers, such as samples per scrape. Weights of a job that does not exist when the next pass begins are
   * ignored, and all of them where the strategy does not weigh. Nothing moves by a weight alone; see {@link allowMoves}.
   */
  setWeights(job: string, measured: ReadonlyMap<string, number>): void {
    if (this.#weighs) this.#pending.weights.set(job, measured);
  }

  /**
   * Lets the next pass move so many targets at most, only to even out the loads of collectors, where the strategy can
   * do that. What it leaves over is lost. The engine knows no clock: whoever calls this bounds the moves per minute.
   */
  allowMoves(count: number): void {
    this.#pending.moves = count;
  }

  /** True when the loads are so uneven that moves would help; they begin when {@link allowMoves} allows them. */
  get unbalanced(): boolean {
    return this.#pass === undefined && this.#assignment.unbalanced;
  }

  /** True when {@link work} has something to do. */
  get dirty(): boolean {
    return this.#pass !== undefined || !this.#pending.isEmpty;
  }

  get counters(): AllocationCounters {
    return this.#counters;
  }

  /** The result of the last complete pass. */
  snapshot(): AllocationSnapshot {
    return this.#snapshot;
  }

  /**
   * One pass over everything that was noted before it began; yields after each bounded slice of work, a few
   * milliseconds at most, and returns the new snapshot. What is noted meanwhile waits for the next pass. A pass that
   * was left in the middle is continued by the next call, not begun again.
   */
  *work(): Generator<undefined, AllocationSnapshot, void> {
    this.#pass ??= this.#run();
    const pass = this.#pass;
    while (this.#pass === pass) {
      if (this.#advance(pass)) break;
      yield undefined;
    }
    return this.#snapshot;
  }

  /** One slice; true when it was the last. */
  #advance(pass: Generator<undefined, AllocationSnapshot>): boolean {
    let finished = true;
    try {
      const step = pass.next();
      if (step.done === true) this.#snapshot = step.value;
      finished = step.done === true;
    } finally {
      if (finished) this.#pass = undefined;
    }
    return finished;
  }

  *#run(): Generator<undefined, AllocationSnapshot> {
    const slice = new WorkSlice();
    const { jobs, providers, collectors, weights, moves } = this.#pending;
    this.#pending = new PendingChanges();
    const removed = jobs === undefined ? [] : yield* this.#applyJobs(jobs, slice);
    for (const [name, byProvider] of providers) {
      const job = this.#jobs.get(name);
      if (job === undefined) continue;
      this.#onJob(name);
      for (const [provider, change] of byProvider) yield* job.update(provider, change, slice);
      this.#onJob(undefined);
    }
    if (this.#weighs) yield* this.#assignment.setWeights(weights, this.#jobs, slice);
    const newCollectors = collectors !== undefined && (yield* this.#assignment.setCollectors(collectors, slice));
    yield* this.#assignment.settle(this.#changed.take(), slice);
    yield* this.#assignment.balance(moves, slice);
    for (const job of removed) this.#context.touched.delete(job);
    return yield* this.#publish(newCollectors, slice);
  }

  /** Returns the jobs that are no longer there, emptied. */
  *#applyJobs(definitions: readonly JobDefinition[], slice: WorkSlice): Generator<undefined, readonly JobTargets[]> {
    const before = this.#jobs;
    const sorted = yield* sortInSlices(definitions, (a, b) => compareBytewise(a.name, b.name), slice);
    const after = new Map<string, JobTargets>();
    for (const [rank, definition] of sorted.entries()) {
      const known = before.get(definition.name);
      const job = known ?? new JobTargets(definition, this.#context);
      job.shards.rank = rank;
      after.set(definition.name, job);
      if (known !== undefined && known.definition.canonicalKey !== definition.canonicalKey) {
        this.#onJob(definition.name);
        yield* known.redefine(definition, slice);
        this.#onJob(undefined);
      }
      if (slice.spend(WORK.process)) yield;
    }
    const removed = [...before.values()].filter(({ shards }) => !after.has(shards.name));
    if (removed.length > 0 || after.size !== before.size) this.#jobs = after;
    for (const job of removed) yield* job.clear(slice);
    return removed;
  }

  *#allPublished(slice: WorkSlice): Generator<undefined, Map<string, JobSnapshot>> {
    const jobs = new Map<string, JobSnapshot>();
    for (const [name, { shards }] of this.#jobs) {
      if (shards.published !== undefined) jobs.set(name, shards.published);
      if (slice.spend(WORK.list)) yield;
    }
    return jobs;
  }

  *#publish(newCollectors: boolean, slice: WorkSlice): Generator<undefined, AllocationSnapshot> {
    const before = this.#snapshot;
    const changed: JobSnapshot[] = [];
    for (const job of this.#context.touched) {
      const published = yield* job.publish(slice);
      if (published !== before.jobs.get(published.name)) changed.push(published);
      if (slice.spend(WORK.process)) yield;
    }
    const sameJobs = this.#jobs === this.#publishedJobs;
    if (sameJobs && changed.length === 0 && !newCollectors) return before;
    this.#publishedJobs = this.#jobs;
    // A copy costs less than a look at every job.
    const jobs = sameJobs ? new Map(before.jobs) : yield* this.#allPublished(slice);
    for (const published of changed) jobs.set(published.name, published);
    const loaded = [...this.#assignment.collectors.values()];
    return Object.freeze({
      version: before.version + 1,
      collectors: Object.freeze(loaded.map(({ collector }) => collector)),
      jobs,
      targetsByCollector: new Map(loaded.map(({ collector, targets }) => [collector.name, targets])),
    });
  }
}
