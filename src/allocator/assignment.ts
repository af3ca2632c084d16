import type { CollectorInstance } from "./collector-instance.ts";
import type { CounterCell } from "./counters.ts";
import { LoadedCollector } from "./job-shards.ts";
import { compareBytewise } from "./labels/bytewise.ts";
import { sortInSlices } from "./sorted-list.ts";
import type { Placement, Strategy, StrategyFactory } from "./strategies/strategy.ts";
import type { ChangedIdentities } from "./targets/changed-identities.ts";
import type { Bucket, BucketPlace, Candidate, Identity } from "./targets/identity.ts";
import { compareTargets } from "./targets/target-order.ts";
import { UnorderedList } from "./unordered-list.ts";
import { WORK, type WorkSlice } from "./work-slice.ts";

/** An identity that must be given a collector by load. */
interface Waiting {
  readonly identity: Identity;
  readonly target: Candidate;
}

/**
 * Who scrapes what: gives every identity its place among the collectors, and keeps it up to date.
 *
 * Identities with equal placement keys share a bucket, and the strategy is asked once per bucket. So another set of
 * collectors costs a question per bucket (a partition, a node) and then only the members of buckets that change place.
 * An identity never changes place at once: it is marked, and settled when all marks of the pass are there. That makes
 * the result of a pass independent of the order of its changes.
 */
export class Assignment {
  readonly #factory: StrategyFactory;
  readonly #counters: CounterCell;
  readonly #changed: ChangedIdentities;
  #strategy: Strategy;
  #collectors: ReadonlyMap<string, LoadedCollector> = new Map();
  readonly #buckets = new Map<string, Bucket>();
  /** Identities that this pass must place by load, after all others have settled. */
  #waiting: Waiting[] = [];

  constructor(factory: StrategyFactory, counters: CounterCell, changed: ChangedIdentities) {
    this.#factory = factory;
    this.#counters = counters;
    this.#changed = changed;
    this.#strategy = factory.create([]);
  }

  /** Sorted by name. */
  get collectors(): ReadonlyMap<string, LoadedCollector> {
    return this.#collectors;
  }

  /** Takes over a set of collectors and marks the identities whose owner it changes. False: it is the same set. */
  *setCollectors(instances: readonly CollectorInstance[], slice: WorkSlice): Generator<undefined, boolean> {
    const sorted = sortCollectors(instances);
    if (this.#equalsCurrent(sorted)) return false;
    this.#collectors = new Map(sorted.map((instance, rank) => [instance.name, this.#load(instance, rank)]));
    this.#strategy = this.#factory.create(sorted);
    for (const bucket of this.#buckets.values()) {
      const place = this.#toPlace(this.#strategy.placementOf(bucket.key));
      if (place !== bucket.place || typeof place === "function") yield* this.#replace(bucket, place, slice);
    }
    return true;
  }

  /** Decides about identities that are marked. Those without targets are forgotten. */
  *settle(identities: readonly Identity[], slice: WorkSlice): Generator<undefined, void> {
    for (const identity of identities) {
      this.#settle(identity);
      if (slice.spend(WORK.settle)) yield;
    }
    yield* this.#placeByLoad(slice);
  }

  #equalsCurrent(sorted: readonly CollectorInstance[]): boolean {
    return (
      sorted.length === this.#collectors.size &&
      sorted.every(({ name, nodeName }) => this.#collectors.get(name)?.collector.nodeName === nodeName)
    );
  }

  /** A collector that stays keeps its object, by which buckets and shards know it. */
  #load(instance: CollectorInstance, rank: number): LoadedCollector {
    const loaded = this.#collectors.get(instance.name) ?? new LoadedCollector(instance);
    loaded.collector = instance;
    loaded.rank = rank;
    return loaded;
  }

  #toPlace(placement: Placement): BucketPlace {
    return typeof placement === "object" ? this.#collectors.get(placement.name) : placement;
  }

  /** Where targets are placed by load, those that have a collector keep it. */
  *#replace(bucket: Bucket, place: BucketPlace, slice: WorkSlice): Generator<undefined, void> {
    const keeps = typeof place === "function" && typeof bucket.place === "function";
    bucket.place = place;
    for (const identity of bucket.identities.members) {
      const owner = identity.shard?.owner;
      if (!keeps || owner === undefined || this.#collectors.get(owner.collector.name) !== owner) {
        this.#changed.mark(identity);
      }
      if (slice.spend(WORK.list)) yield;
    }
  }

  /** Picks what is served of an identity and where; those without an owner that wait for one are seated later. */
  #settle(identity: Identity): void {
    identity.changed = false;
    const target = identity.survivor();
    if (target === undefined) {
      this.#retire(identity);
      return;
    }
    const { place } = this.#bucketOf(identity, target);
    if (typeof place !== "function") {
      this.#seat(identity, target, place);
      return;
    }
    const owner = this.#collectors.get(identity.ownerName);
    if (owner !== undefined) {
      this.#seat(identity, target, owner);
      return;
    }
    unseat(identity);
    this.#waiting.push({ identity, target });
  }

  /** The bucket of a target; the identity is put there. Its key is worked out only for a target that is new. */
  #bucketOf(identity: Identity, target: Candidate): Bucket {
    if (identity.bucket !== undefined && identity.target === target) return identity.bucket;
    const key = this.#factory.keyOf(target);
    if (identity.bucket?.key === key) return identity.bucket;
    this.#leaveBucket(identity);
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = { key, identities: new UnorderedList(), place: this.#toPlace(this.#strategy.placementOf(key)) };
      this.#buckets.set(key, bucket);
    }
    bucket.identities.add(identity);
    identity.bucket = bucket;
    return bucket;
  }

  #leaveBucket(identity: Identity): void {
    const { bucket } = identity;
    if (bucket === undefined) return;
    bucket.identities.remove(identity);
    identity.bucket = undefined;
    if (bucket.identities.members.length === 0) this.#buckets.delete(bucket.key);
  }

  /** Gives the rest their collectors, in canonical order, so that the result does not depend on who came first. */
  *#placeByLoad(slice: WorkSlice): Generator<undefined, void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    const loads = [...this.#collectors.values()];
    for (const { identity, target } of yield* sortInSlices(waiting, compareWaiting, slice)) {
      const place = identity.bucket?.place;
      const choice = typeof place === "function" ? place(identity.home.shards.name, loads) : undefined;
      this.#seat(identity, target, choice && this.#collectors.get(choice.name));
      // A choice looks at every collector.
      if (slice.spend(WORK.settle + loads.length / 5)) yield;
    }
  }

  /** Serves a target of an identity from an owner's shard. The owner's name is remembered beyond the owner's end. */
  #seat(identity: Identity, target: Candidate, owner: LoadedCollector | undefined): void {
    const { shards } = identity.home;
    const shard = owner === undefined ? shards.unassigned : shards.shardOf(owner);
    if (identity.shard === shard && identity.target === target) return;
    unseat(identity);
    identity.shard = shard;
    identity.target = target;
    shard.add(target);
    if (owner === undefined || owner.collector.name === identity.ownerName) return;
    if (identity.ownerName === "") this.#counters.placed++;
    else this.#counters.moved++;
    identity.ownerName = owner.collector.name;
  }

  #retire(identity: Identity): void {
    unseat(identity);
    this.#leaveBucket(identity);
    identity.home.forget(identity);
  }
}

/** Takes an identity out of its shard, so that loads do not count it. */
function unseat(identity: Identity): void {
  if (identity.target !== undefined) identity.shard?.remove(identity.target);
  identity.shard = undefined;
  identity.target = undefined;
}

/** By job, then in canonical order. */
function compareWaiting(a: Waiting, b: Waiting): number {
  return (
    compareBytewise(a.identity.home.shards.name, b.identity.home.shards.name) || compareTargets(a.target, b.target)
  );
}

/** By name; of several with one name the first by node counts. */
function sortCollectors(instances: readonly CollectorInstance[]): readonly CollectorInstance[] {
  const sorted = instances.toSorted(
    (a, b) => compareBytewise(a.name, b.name) || compareBytewise(a.nodeName, b.nodeName),
  );
  return sorted.filter(({ name }, i) => name !== sorted[i - 1]?.name);
}
