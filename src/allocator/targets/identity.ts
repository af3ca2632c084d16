import type { JobShards, LoadedCollector, ShardState } from "../job-shards.ts";
import { compareBytewise } from "../labels/bytewise.ts";
import type { Labels } from "../labels/labels.ts";
import type { AssignedTarget } from "../snapshot.ts";
import type { Movable } from "../strategies/balancer.ts";
import type { LoadChoice } from "../strategies/strategy.ts";
import { type ListMember, UnorderedList } from "../unordered-list.ts";
import { WORK, type WorkSlice } from "../work-slice.ts";
import { compareTargets } from "./target-order.ts";

/**
 * A discovered target that relabelling kept. What snapshots read of it never changes; the rest is the engine's and is
 * not among its enumerable properties.
 */
export class Candidate implements AssignedTarget, ListMember {
  readonly groupLabels: Labels;
  readonly ownLabels: Labels;
  readonly address: string;
  readonly #group: object;
  #position: number;
  #identity: Identity | undefined;
  #listIndex = -1;

  constructor(group: { readonly labels: Labels }, ownLabels: Labels, address: string, position: number) {
    this.groupLabels = group.labels;
    this.ownLabels = ownLabels;
    this.address = address;
    this.#group = group;
    this.#position = position;
  }

  /** The group it was discovered in; compared, never read. */
  get group(): object {
    return this.#group;
  }

  /** Its place in the group. */
  get position(): number {
    return this.#position;
  }

  set position(position: number) {
    this.#position = position;
  }

  /** What it is a target of, or was until it was detached to be processed again. */
  get identity(): Identity | undefined {
    return this.#identity;
  }

  set identity(identity: Identity | undefined) {
    this.#identity = identity;
  }

  get listIndex(): number {
    return this.#listIndex;
  }

  set listIndex(listIndex: number) {
    this.#listIndex = listIndex;
  }
}

/** The identities of one job, as an identity sees them. */
export interface IdentityHome {
  readonly shards: JobShards;
  /** Takes out an identity that nothing was discovered for any more. */
  forget(identity: Identity): void;
}

/** Where a bucket's targets go: to this collector, each where it is chosen to go, or nowhere. */
export type BucketPlace = LoadedCollector | LoadChoice | undefined;

/** All targets with one placement key, and where they go. */
export interface Bucket {
  readonly key: string;
  /** Of the key, see StrategyFactory.hashOf: with a bucket for each target, hashing is most of what a question costs. */
  readonly hash: number;
  readonly identities: UnorderedList<Identity>;
  /** Where they belong now; until they are settled they may still be elsewhere. */
  place: BucketPlace;
}

/**
 * One target as scraping sees it: one final label set of one job, whatever number of discovered targets lead to it.
 * Exactly one of them is served, and one collector at most has it.
 */
export class Identity implements ListMember, Movable {
  /** The halves of the hash of its final labels. */
  readonly low: number;
  readonly high: number;
  readonly home: IdentityHome;
  /** The final labels; known only where they had to be compared. */
  labels: Labels | undefined = undefined;
  /** What the strategy asked to know of the final labels. */
  trait = "";
  /** The next identity with the same lower half. */
  next: Identity | undefined = undefined;

  /** What is served, as last settled. */
  target: Candidate | undefined = undefined;
  /** Where it is served. */
  shard: ShardState | undefined = undefined;
  /** The collector that has it or had it last, or had what it replaces; "" when there never was one. */
  ownerName = "";
  bucket: Bucket | undefined = undefined;
  /** Its position in the bucket. */
  listIndex = -1;
  /** As last weighed. */
  weight = 1;
  /** True while it waits to be settled. */
  changed = false;

  // Nearly always there is one discovered target, so that a list for it would be waste.
  #first: Candidate | undefined = undefined;
  #others: UnorderedList<Candidate> | undefined = undefined;

  constructor(low: number, high: number, home: IdentityHome) {
    this.low = low;
    this.high = high;
    this.home = home;
  }

  /** The key of its bucket. */
  get key(): string {
    return this.bucket?.key ?? "";
  }

  /** Some discovered target of it; undefined when there is none left. */
  get sample(): Candidate | undefined {
    return this.#first;
  }

  /** Adds a discovered target. */
  attach(candidate: Candidate): void {
    candidate.identity = this;
    if (this.#first === undefined) {
      this.#first = candidate;
      return;
    }
    this.#others ??= new UnorderedList();
    this.#others.add(candidate);
  }

  /** Takes a discovered target out. */
  detach(candidate: Candidate): void {
    if (candidate !== this.#first) {
      this.#others?.remove(candidate);
      return;
    }
    const other = this.#others?.members.at(-1);
    if (other !== undefined) this.#others?.remove(other);
    this.#first = other;
  }

  /**
   * Takes over the collector of what it replaces, as long as it is new: a target that only changes its labels or its
   * job's rules shall stay where it is. Of several collectors the first by name, whatever the order of the calls.
   */
  inherit(ownerName: string): void {
    if (this.bucket !== undefined || ownerName === "") return;
    if (this.ownerName === "" || compareBytewise(ownerName, this.ownerName) < 0) this.ownerName = ownerName;
  }

  /** Whether there are several discovered targets, so that one must be chosen. */
  get isShared(): boolean {
    return this.#others !== undefined && this.#others.members.length > 0;
  }

  /**
   * The discovered target that is served: of those in one group the last, as in the Go allocator, and among the groups
   * the first in canonical order, where Go takes any. There may be very many.
   */
  *survivor(slice: WorkSlice): Generator<undefined, Candidate | undefined> {
    if (this.#first === undefined) return undefined;
    const lastOfGroup = new Map([[this.#first.group, this.#first]]);
    for (const candidate of this.#others?.members ?? []) {
      const known = lastOfGroup.get(candidate.group);
      if (known === undefined || candidate.position > known.position) lastOfGroup.set(candidate.group, candidate);
      if (slice.spend(WORK.list)) yield;
    }
    let best: Candidate | undefined;
    for (const candidate of lastOfGroup.values()) {
      if (best === undefined || compareTargets(candidate, best) < 0) best = candidate;
      if (slice.spend(WORK.settle)) yield;
    }
    return best;
  }
}
