import { Balancing, type Unbalanced } from "./balancing.ts";
import { type CollectorInstance, equalCollectors } from "./collector-instance.ts";
import type { CounterCell } from "./counters.ts";
import { LoadedCollector } from "./job-shards.ts";
import { compareBytewise } from "./labels/bytewise.ts";
import { Seating } from "./seating.ts";
import type { Placement, Strategy, StrategyFactory, UnplacedTarget } from "./strategies/strategy.ts";
import type { ChangedIdentities } from "./targets/changed-identities.ts";
import type { Bucket, BucketPlace, Candidate, Identity } from "./targets/identity.ts";
import { UnorderedList } from "./unordered-list.ts";
import { type Waiting, WaitingList } from "./waiting-list.ts";
import { WORK, type WorkSlice } from "./work-slice.ts";

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
  readonly #changed: ChangedIdentities;
  readonly #seating: Seating;
  readonly #balancing: Balancing;
  #strategy: Strategy;
  #collectors: ReadonlyMap<string, LoadedCollector> = new Map();
  readonly #buckets = new Map<string, Bucket>();
  /** What this pass must place by load, after all others have settled. */
  readonly #waiting = new WaitingList();

  constructor(factory: StrategyFactory, counters: CounterCell, changed: ChangedIdentities) {
    this.#factory = factory;
    this.#changed = changed;
    this.#seating = new Seating(factory, counters);
    this.#balancing = new Balancing(this.#seating, counters);
    this.#strategy = factory.create([]);
  }

  /** Sorted by name. */
  get collectors(): ReadonlyMap<string, LoadedCollector> {
    return this.#collectors;
  }

  /** Whether moves would even out the loads; see {@link balance}. */
  get unbalanced(): boolean {
    return this.#balancing.isWanted(this.#toBalance());
  }

  /**
   * Takes over what was measured of targets, by job and instance, and forgets what was measured of jobs that there are
   * not. Targets keep their collectors.
   */
  *setWeights(
    measured: ReadonlyMap<string, ReadonlyMap<string, number>>,
    jobs: ReadonlyMap<string, unknown>,
    slice: WorkSlice,
  ): Generator<undefined, void> {
    const { weights } = this.#seating;
    let changed = weights.retain(jobs);
    for (const [job, byInstance] of measured) if (jobs.has(job)) changed = weights.set(job, byInstance) || changed;
    if (!changed) return;
    for (const { identities } of this.#buckets.values()) {
      for (const identity of identities.members) {
        if (identity.target !== undefined) this.#seating.weigh(identity, identity.target);
        if (slice.spend(WORK.compare)) yield;
      }
    }
  }

  /** Takes over a set of collectors and marks the identities whose owner it changes. False: it is the same set. */
  *setCollectors(instances: readonly CollectorInstance[], slice: WorkSlice): Generator<undefined, boolean> {
    const sorted = sortCollectors(instances);
    if (this.#equalsCurrent(sorted)) return false;
    const before = Array.from(this.#collectors.values(), ({ collector }) => collector);
    const slots = freeSlots(this.#collectors.values());
    this.#collectors = new Map(sorted.map((instance, rank) => [instance.name, this.#load(instance, rank, slots)]));
    this.#strategy = this.#factory.create(sorted, before);
    for (const bucket of this.#buckets.values()) {
      const placement = this.#placementAfter(bucket);
      const { place } = bucket;
      // Nearly all stay with whom they have, who need not be looked up for that.
      const stays = typeof place === "object" && place.collector === placement;
      if (!stays) yield* this.#replace(bucket, this.#toPlace(placement), slice);
      // A question may look at every collector.
      if (slice.spend(WORK.list + sorted.length / 10)) yield;
    }
    return true;
  }

  /** Decides about identities that are marked. Those without targets are forgotten. */
  *settle(identities: readonly Identity[], slice: WorkSlice): Generator<undefined, void> {
    for (const identity of identities) {
      this.#settle(identity, identity.isShared ? yield* identity.survivor(slice) : identity.sample);
      if (slice.spend(WORK.settle)) yield;
    }
    yield* this.#placeByLoad(slice);
  }

  /** Moves targets, `limit` at most, to even out the loads. To be called when all is settled. */
  *balance(limit: number, slice: WorkSlice): Generator<undefined, void> {
    yield* this.#balancing.run(this.#toBalance(), this.#buckets.values(), limit, slice);
  }

  #toBalance(): Unbalanced {
    return { balancer: this.#strategy.balancer, collectors: this.#collectors };
  }

  #equalsCurrent(sorted: readonly CollectorInstance[]): boolean {
    return equalCollectors(
      sorted,
      Array.from(this.#collectors.values(), ({ collector }) => collector),
    );
  }

  /** A collector that stays keeps its object, by which buckets and shards know it. */
  #load(instance: CollectorInstance, rank: number, slots: Iterator<number, never>): LoadedCollector {
    const loaded = this.#collectors.get(instance.name) ?? new LoadedCollector(instance, slots.next().value);
    loaded.collector = instance;
    loaded.rank = rank;
    return loaded;
  }

  /** Where the targets of a bucket go under the strategy that has just taken over. */
  #placementAfter({ key, hash, place }: Bucket): Placement {
    const strategy = this.#strategy;
    if (place === undefined || typeof place === "function" || strategy.successorOf === undefined) {
      return strategy.placementOf(key, hash);
    }
    return strategy.successorOf(key, hash, place.collector);
  }

  #toPlace(placement: Placement): BucketPlace {
    return typeof placement === "object" ? this.#collectors.get(placement.name) : placement;
  }

  /** Where targets are placed by load, those that have a collector keep it. */
  *#replace(bucket: Bucket, place: BucketPlace, slice: WorkSlice): Generator<undefined, void> {
    if (place === bucket.place && typeof place !== "function") return;
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

  /** Decides where the target is served that was picked of an identity; one that must wait for an owner is seated later. */
  #settle(identity: Identity, target: Candidate | undefined): void {
    identity.changed = false;
    if (target === undefined) {
      this.#retire(identity);
      return;
    }
    const { place } = this.#bucketOf(identity, target);
    this.#seating.weigh(identity, target);
    if (typeof place !== "function") {
      this.#seating.seat(identity, target, place);
      return;
    }
    const owner = this.#collectors.get(identity.ownerName);
    if (owner !== undefined) {
      this.#seating.seat(identity, target, owner);
      return;
    }
    this.#seating.unseat(identity);
    this.#waiting.add(identity, target);
  }

  /** The bucket of a target; the identity is put there. Its key is worked out only for a target that is new. */
  #bucketOf(identity: Identity, target: Candidate): Bucket {
    const known = identity.bucket;
    if (known !== undefined && identity.target === target && this.#factory.traitOf === undefined) return known;
    const key = this.#factory.keyOf(target, identity.trait);
    if (known?.key === key) return known;
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      const hash = this.#factory.hashOf?.(key) ?? 0;
      bucket = {
        key,
        hash,
        identities: new UnorderedList(),
        place: this.#toPlace(this.#strategy.placementOf(key, hash)),
      };
      this.#buckets.set(key, bucket);
    }
    this.#rebucket(identity, bucket);
    return bucket;
  }

  #rebucket(identity: Identity, bucket: Bucket | undefined): void {
    const before = identity.bucket;
    this.#seating.rebucket(identity, bucket);
    if (before?.identities.members.length === 0) this.#buckets.delete(before.key);
  }

  /** Gives the rest their collectors, in canonical order, so that the result does not depend on who came first. */
  *#placeByLoad(slice: WorkSlice): Generator<undefined, void> {
    const loads = [...this.#collectors.values()];
    let { totalWeight } = this.#waiting;
    for (const { weight } of loads) totalWeight += weight;
    const deferred: Waiting[] = [];
    for (const one of yield* this.#waiting.take(slice)) {
      if (!this.#placeOne(one, { totalWeight, last: false }, loads)) deferred.push(one);
      // A choice looks at every collector.
      if (slice.spend(WORK.settle + loads.length / 5)) yield;
    }
    for (const one of deferred) {
      this.#placeOne(one, { totalWeight, last: true }, loads);
      if (slice.spend(WORK.settle + loads.length / 5)) yield;
    }
  }

  /** False: the strategy wants to be asked again when all others have their places. */
  #placeOne(
    { identity, target }: Waiting,
    round: Pick<UnplacedTarget, "totalWeight" | "last">,
    loads: readonly LoadedCollector[],
  ): boolean {
    const { bucket, weight, home } = identity;
    const unplaced = { job: home.shards, weight, ...round };
    const choice = typeof bucket?.place === "function" ? bucket.place(unplaced, loads) : undefined;
    if (choice === "later" && !round.last) return false;
    const owner = typeof choice === "object" ? this.#collectors.get(choice.name) : undefined;
    this.#seating.seat(identity, target, owner);
    return true;
  }

  #retire(identity: Identity): void {
    this.#seating.unseat(identity);
    this.#rebucket(identity, undefined);
    identity.home.forget(identity);
  }
}

/** Slots that none of these collectors has, which may keep theirs until the pass is done even when they leave. */
function* freeSlots(collectors: Iterable<LoadedCollector>): Generator<number, never, void> {
  const taken = new Set(Array.from(collectors, ({ slot }) => slot));
  for (let slot = 0; ; slot++) if (!taken.has(slot)) yield slot;
}

/** By name; of several with one name the first by node counts. */
function sortCollectors(instances: readonly CollectorInstance[]): readonly CollectorInstance[] {
  const sorted = instances.toSorted(
    (a, b) => compareBytewise(a.name, b.name) || compareBytewise(a.nodeName, b.nodeName),
  );
  return sorted.filter(({ name }, i) => name !== sorted[i - 1]?.name);
}
