import type { CollectorInstance } from "./collector-instance.ts";
import type { CounterCell } from "./counters.ts";
import type { AssignedTarget, JobCounts, JobSnapshot, Shard } from "./snapshot.ts";
import { changeSorted } from "./sorted-list.ts";
import type { CollectorLoad } from "./strategies/collector-load.ts";
import { compareTargets } from "./targets/target-order.ts";
import { WORK, type WorkSlice } from "./work-slice.ts";

const EMPTY_SHARD: Shard = Object.freeze({ targets: Object.freeze([]) });

/** A collector and how much it has at the moment. */
export class LoadedCollector implements CollectorLoad {
  /** Replaced when the instance of this name runs elsewhere. */
  collector: CollectorInstance;
  /** Its place among the collectors by name. */
  rank = 0;
  /** Over all jobs. */
  targets = 0;
  #weight = 0;
  readonly #weights = new Map<string, number>();
  /** Its shards by job, those that are empty since the last publication included. */
  readonly shards = new Map<string, ShardState>();

  constructor(collector: CollectorInstance) {
    this.collector = collector;
  }

  get weight(): number {
    return this.#weight;
  }

  targetsOf(job: string): number {
    return this.shards.get(job)?.size ?? 0;
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
  #added: AssignedTarget[] = [];
  #removed: AssignedTarget[] = [];
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
    this.#added.push(target);
    this.#count(1);
  }

  /** Takes out a target that it has. */
  remove(target: AssignedTarget): void {
    this.#removed.push(target);
    this.#count(-1);
  }

  /** Makes the shard anew from what was added and removed since the last time. False: it would be the same. */
  *publish(slice: WorkSlice): Generator<undefined, boolean> {
    const change = { added: this.#added, removed: this.#removed };
    this.#added = [];
    this.#removed = [];
    this.#changed = false;
    const targets = yield* changeSorted(this.#published.targets, change, compareTargets, slice);
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
export class JobShards {
  readonly name: string;
  readonly unassigned: ShardState = new ShardState(this, undefined);
  /** Its place among the jobs by name. */
  rank = 0;
  /** How many targets of the job have a collector at the moment; counted by the shards. */
  assigned = 0;
  readonly #owned = new Map<LoadedCollector, ShardState>();
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

  /** The shard of a collector; made when the collector has none. */
  shardOf(owner: LoadedCollector): ShardState {
    let shard = owner.shards.get(this.name);
    if (shard === undefined) {
      shard = new ShardState(this, owner);
      owner.shards.set(this.name, shard);
      this.#owned.set(owner, shard);
    }
    return shard;
  }

  /** The job as it is now; the same object as last time when nothing differs. */
  *publish(counts: JobCounts, counters: CounterCell, slice: WorkSlice): Generator<undefined, JobSnapshot> {
    const before = counters.shardsPublished;
    for (const shard of this.#changed) {
      if (yield* shard.publish(slice)) counters.shardsPublished++;
      if (shard.size === 0 && shard.owner !== undefined) this.#drop(shard.owner);
    }
    this.#changed.length = 0;
    const known = counters.shardsPublished === before ? this.#published : undefined;
    if (known !== undefined && equalCounts(counts, known.counts)) return known;
    if (slice.spend(this.#owned.size * WORK.list)) yield;
    const sorted = [...this.#owned].toSorted(([a], [b]) => a.rank - b.rank);
    const byCollector = new Map(sorted.map(([{ collector }, shard]) => [collector.name, shard.published]));
    this.#published = Object.freeze({ name: this.name, counts, byCollector, unassigned: this.unassigned.published });
    return this.#published;
  }

  /** Lets the collectors forget the job. */
  discard(): void {
    for (const owner of this.#owned.keys()) this.#drop(owner);
  }

  #drop(owner: LoadedCollector): void {
    this.#owned.delete(owner);
    owner.shards.delete(this.name);
  }
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
