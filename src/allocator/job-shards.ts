import type { CollectorInstance } from "./collector-instance.ts";
import type { CounterCell } from "./counters.ts";
import type { AssignedTarget, JobCounts, JobSnapshot, Shard } from "./snapshot.ts";
import { changeShort, changeSorted, type ListChange, SHORT } from "./sorted-list.ts";
import type { CollectorLoad, JobLoad } from "./strategies/collector-load.ts";
import { compareTargets } from "./targets/target-order.ts";
import { WORK, type WorkSlice } from "./work-slice.ts";

/** Replaced by a list of its own before anything is put in: most shards change seldom. */
const NONE: AssignedTarget[] = [];

const EMPTY_SHARD: Shard = Object.freeze({ targets: Object.freeze([]) });

/** A collector and how much it has at the moment. */
export class LoadedCollector implements CollectorLoad {
  readonly slot: number;
  /** Replaced when the instance of this name runs elsewhere. */
  collector: CollectorInstance;
  /** Its place among the collectors by name. */
  rank = 0;
  /** Over all jobs. */
  targets = 0;
  #weight = 0;
  readonly #weights = new Map<string, number>();

  constructor(collector: CollectorInstance, slot: number) {
    this.collector = collector;
    this.slot = slot;
  }

  get weight(): number {
    return this.#weight;
  }

  weightOf(key: string): number {
    return this.#weights.get(key) ?? 0;
  }

  /** Adds to the load, or takes from it; to the load of a placement key, too, if there is one. */
  load(weight: number, key: string | undefined): void {
    this.#weight += weight;
    if (key === undefined) return;
    const ofKey = this.weightOf(key) + weight;
    if (ofKey === 0) this.#weights.delete(key);
    else this.#weights.set(key, ofKey);
  }
}

/** The share of one collector in one job while it changes, or the targets of the job that nobody has. */
export class ShardState {
  readonly job: JobShards;
  /** Undefined for the targets that nobody has. */
  readonly owner: LoadedCollector | undefined;
  /** Targets at the moment, published or not. */
  size = 0;
  #published: Shard = EMPTY_SHARD;
  #added: AssignedTarget[] = NONE;
  #removed: AssignedTarget[] = NONE;
  /** The job knows that it differs from what was published. */
  #changed = false;

  constructor(job: JobShards, owner: LoadedCollector | undefined) {
    this.job = job;
    this.owner = owner;
  }

  /** As last published. */
  get published(): Shard {
    return this.#published;
  }

  /** Puts in a target that it does not have. */
  add(target: AssignedTarget): void {
    if (this.#added === NONE) this.#added = [target];
    else this.#added.push(target);
    this.#count(1);
  }

  /** Takes out a target that it has. */
  remove(target: AssignedTarget): void {
    if (this.#removed === NONE) this.#removed = [target];
    else this.#removed.push(target);
    this.#count(-1);
  }

  /** How many targets making it anew has to do with. */
  get effort(): number {
    return this.#published.targets.length + this.#added.length + this.#removed.length;
  }

  /** Makes the shard anew from what was added and removed since the last time. False: it would be the same. */
  *publish(slice: WorkSlice): Generator<undefined, boolean> {
    return this.#take(yield* changeSorted(this.#published.targets, this.#change(), compareTargets, slice));
  }

  /** The same in one go, for a shard whose {@link effort} is small. */
  publishNow(): boolean {
    return this.#take(changeShort(this.#published.targets, this.#change(), compareTargets));
  }

  #change(): ListChange<AssignedTarget> {
    const change = { added: this.#added, removed: this.#removed };
    this.#added = this.#removed = NONE;
    this.#changed = false;
    return change;
  }

  #take(targets: readonly AssignedTarget[]): boolean {
    if (targets === this.#published.targets) return false;
    this.#published = targets.length === 0 ? EMPTY_SHARD : Object.freeze({ targets });
    return true;
  }

  #count(by: 1 | -1): void {
    this.size += by;
    if (this.owner !== undefined) {
      this.owner.targets += by;
      this.job.assigned += by;
    }
    if (this.#changed) return;
    this.#changed = true;
    this.job.changed(this);
  }
}

/** All shards of one job. */
export class JobShards implements JobLoad {
  readonly name: string;
  readonly unassigned: ShardState = new ShardState(this, undefined);
  /** Its place among the jobs by name. */
  rank = 0;
  /** How many targets of the job have a collector at the moment; counted by the shards. */
  assigned = 0;
  /** By the slots of their collectors; those that are empty since the last publication included. */
  readonly #owned = new Map<number, ShardState>();
  /** Shards that differ from what was published. */
  readonly #changed: ShardState[] = [];
  readonly #onChange: () => void;
  #published: JobSnapshot | undefined;

  /** @param onChange Called when a shard begins to differ from what was published. */
  constructor(name: string, onChange: () => void) {
    this.name = name;
    this.#onChange = onChange;
  }

  /** As last published. */
  get published(): JobSnapshot | undefined {
    return this.#published;
  }

  /** To be called by a shard of the job that begins to differ from what was published. */
  changed(shard: ShardState): void {
    this.#changed.push(shard);
    this.#onChange();
  }

  targetsAt({ slot }: CollectorLoad): number {
    return this.#owned.get(slot)?.size ?? 0;
  }

  /** The shard of a collector; made when the collector has none. */
  shardOf(owner: LoadedCollector): ShardState {
    let shard = this.#owned.get(owner.slot);
    if (shard === undefined) {
      shard = new ShardState(this, owner);
      this.#owned.set(owner.slot, shard);
    }
    return shard;
  }

  /** The job as it is now; the same object as last time when nothing differs. */
  *publish(counts: JobCounts, counters: CounterCell, slice: WorkSlice): Generator<undefined, JobSnapshot> {
    const before = counters.shardsPublished;
    for (const shard of this.#changed) {
      const { effort } = shard;
      if (effort <= SHORT ? shard.publishNow() : yield* shard.publish(slice)) counters.shardsPublished++;
      if (shard.size === 0 && shard.owner !== undefined) this.#owned.delete(shard.owner.slot);
      if (slice.spend(Math.min(effort, SHORT) * WORK.list)) yield;
    }
    this.#changed.length = 0;
    const known = counters.shardsPublished === before ? this.#published : undefined;
    if (known !== undefined && equalCounts(counts, known.counts)) return known;
    if (slice.spend(this.#owned.size * WORK.list)) yield;
    this.#published = Object.freeze({
      name: this.name,
      counts,
      byCollector: this.#byCollector(),
      unassigned: this.unassigned.published,
    });
    return this.#published;
  }

  #byCollector(): ReadonlyMap<string, Shard> {
    const byCollector = new Map<string, Shard>();
    for (const { owner, published } of [...this.#owned.values()].toSorted(compareOwners)) {
      if (owner !== undefined) byCollector.set(owner.collector.name, published);
    }
    return byCollector;
  }
}

function compareOwners(a: ShardState, b: ShardState): number {
  return (a.owner?.rank ?? 0) - (b.owner?.rank ?? 0);
}

function equalCounts(a: JobCounts, b: JobCounts): boolean {
  return (
    a.discovered === b.discovered &&
    a.dropped === b.dropped &&
    a.duplicates === b.duplicates &&
    a.assigned === b.assigned &&
    a.unassigned === b.unassigned
  );
}
