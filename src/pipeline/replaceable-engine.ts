import { Allocator, type AllocationSnapshot, type CollectorInstance, type TargetGroup } from "../allocator/index.ts";
import type { Clock } from "../observability/clock.ts";
import type { AllocationPlan, PlannedStrategy } from "./allocation-plan.ts";
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
}

/**
 * The engine of a pipeline and its last complete result. An engine has one strategy for life; for another strategy
 * another engine takes over, and what the one before has made is served until the first pass of the new one is done.
 */
export class ReplaceableEngine {
  #allocator: Allocator | undefined;
  #strategy: PlannedStrategy | undefined;
  #collectors: readonly CollectorInstance[] = [];
  #collectorsChanged = false;
  #served = NOTHING;
  /** The last version of the engines before: versions go on growing. */
  #versionBase = 0;

  /** The result of the last complete pass. */
  get snapshot(): AllocationSnapshot {
    return this.#served;
  }

  /** A pass would have something to do. */
  get dirty(): boolean {
    return this.#allocator?.dirty ?? false;
  }

  /** @param replay - Hands everything that is known of the targets to an engine that knows nothing. */
  configure({ strategy, definitions }: AllocationPlan, replay: (allocator: Allocator) => void): void {
    const { name, fallback } = this.#strategy ?? {};
    if (this.#allocator !== undefined && name === strategy.name && fallback === strategy.fallback) {
      this.#allocator.setJobs(definitions);
      return;
    }
    this.#strategy = strategy;
    this.#versionBase = this.#served.version;
    this.#allocator = new Allocator({ strategy: strategy.factory });
    this.#allocator.setJobs(definitions);
    this.#allocator.setCollectors(this.#collectors);
    replay(this.#allocator);
  }

  /** See Allocator.updateGroups. */
  updateGroups(job: string, provider: string, groups: readonly TargetGroup[]): void {
    this.#allocator?.updateGroups(job, provider, groups);
  }

  /** See Allocator.removeProvider. */
  removeProvider(job: string, provider: string): void {
    this.#allocator?.removeProvider(job, provider);
  }

  /** See Allocator.setCollectors. */
  setCollectors(collectors: readonly CollectorInstance[]): void {
    this.#collectors = collectors;
    this.#collectorsChanged = true;
    this.#allocator?.setCollectors(collectors);
  }

  /**
   * Brings the result up to date with everything that was noted before the call. Undefined when it could not: the
   * signal was aborted, or another engine has taken over meanwhile.
   */
  async pass(clock: Clock, signal: AbortSignal): Promise<PassResult | undefined> {
    const allocator = this.#allocator;
    if (allocator === undefined) return undefined;
    const started = clock.monotonic();
    const before = { ...allocator.counters };
    const method = this.#collectorsChanged ? "SetCollectors" : "SetTargets";
    this.#collectorsChanged = false;
    const made = await workInSlices(allocator.work(), clock, signal);
    if (made === undefined || allocator !== this.#allocator) return undefined;
    const snapshot = this.#versionBase === 0 ? made : { ...made, version: made.version + this.#versionBase };
    const changed = snapshot.version !== this.#served.version;
    if (changed) this.#served = snapshot;
    const seconds = (clock.monotonic() - started) / 1_000;
    const { targetsProcessed, moved } = allocator.counters;
    return {
      changed,
      method,
      seconds,
      processed: targetsProcessed - before.targetsProcessed,
      moved: moved - before.moved,
    };
  }
}
