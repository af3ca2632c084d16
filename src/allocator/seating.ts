import type { CounterCell } from "./counters.ts";
import type { LoadedCollector } from "./job-shards.ts";
import type { StrategyFactory } from "./strategies/strategy.ts";
import type { Bucket, Candidate, Identity } from "./targets/identity.ts";
import { WeightTable } from "./weight-table.ts";

/** Puts identities into the shards of collectors and takes them out, and keeps the loads in step with that. */
export class Seating {
  readonly #factory: StrategyFactory;
  readonly #counters: CounterCell;
  readonly #weights = new WeightTable();
  /** Loads are kept by key, too, where a strategy weighs. */
  readonly #weighs: boolean;
  #changes = 0;

  constructor(factory: StrategyFactory, counters: CounterCell) {
    this.#factory = factory;
    this.#counters = counters;
    this.#weighs = factory.weightOf !== undefined;
  }

  /** What was measured. To be followed by {@link weigh} of every identity when it has changed. */
  get weights(): WeightTable {
    return this.#weights;
  }

  /** How often loads have changed. */
  get changes(): number {
    return this.#changes;
  }

  /** Serves a target of an identity from an owner's shard. The owner's name is remembered beyond the owner's end. */
  seat(identity: Identity, target: Candidate, owner: LoadedCollector | undefined): void {
    const { shards } = identity.home;
    const shard = owner === undefined ? shards.unassigned : shards.shardOf(owner);
    if (identity.shard === shard && identity.target === target) return;
    this.unseat(identity);
    identity.shard = shard;
    identity.target = target;
    shard.add(target);
    this.#load(identity, identity.bucket, identity.weight);
    if (owner === undefined || owner.collector.name === identity.ownerName) return;
    if (identity.ownerName === "") this.#counters.placed++;
    else this.#counters.moved++;
    identity.ownerName = owner.collector.name;
  }

  /** Takes an identity out of its shard, so that loads do not count it. */
  unseat(identity: Identity): void {
    if (identity.target !== undefined) {
      identity.shard?.remove(identity.target);
      this.#load(identity, identity.bucket, -identity.weight);
    }
    identity.shard = undefined;
    identity.target = undefined;
  }

  /** Puts an identity into a bucket, or into none; it stays where it is seated. */
  rebucket(identity: Identity, bucket: Bucket | undefined): void {
    this.#load(identity, identity.bucket, -identity.weight);
    identity.bucket?.identities.remove(identity);
    identity.bucket = bucket;
    bucket?.identities.add(identity);
    this.#load(identity, bucket, identity.weight);
  }

  /** Weighs an identity by the target that is served of it. */
  weigh(identity: Identity, target: Candidate): void {
    if (!this.#weighs) return;
    const { shards } = identity.home;
    const weight = this.#factory.weightOf?.(target) ?? this.#weights.weightOf(shards.name, identity.trait);
    this.#load(identity, identity.bucket, weight - identity.weight);
    identity.weight = weight;
  }

  #load({ shard }: Identity, bucket: Bucket | undefined, weight: number): void {
    if (weight === 0 || shard?.owner === undefined) return;
    shard.owner.load(weight, this.#weighs ? bucket?.key : undefined);
    this.#changes++;
  }
}
