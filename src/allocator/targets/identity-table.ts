import type { JobShards } from "../job-shards.ts";
import { equalLabels, type Labels } from "../labels/labels.ts";
import { type Candidate, Identity, type IdentityHome } from "./identity.ts";

/** All identities of one job, by the hash of their final labels. Those with one hash are told apart by the labels. */
export class IdentityTable implements IdentityHome {
  readonly shards: JobShards;
  /** By the lower half of the hash; those that share it are linked. */
  readonly #byHash = new Map<number, Identity>();
  readonly #labelsOf: (candidate: Candidate) => Labels;
  readonly #onCollision: () => void;

  /**
   * @param labelsOf Works out the final labels of a target that is in the table.
   * @param onCollision Called when a target has the hash of a different one.
   */
  constructor(shards: JobShards, labelsOf: (candidate: Candidate) => Labels, onCollision: () => void) {
    this.shards = shards;
    this.#labelsOf = labelsOf;
    this.#onCollision = onCollision;
  }

  /**
   * The identity of a target with this hash; made when there is none. The target's final labels are asked for only
   * when they matter: when another target with this hash is there.
   *
   * An identity that lost its targets is taken over without a look at its labels, so that a target which is replaced
   * by itself costs nothing more. In a collision this could hand one target's collector to another, which harms nobody.
   */
  find(low: number, high: number, target: { identityLabels(): Labels }): Identity {
    const first = withHigh(this.#byHash.get(low), high);
    if (first === undefined) return this.#add(new Identity(low, high, this));
    if (first.sample === undefined && withHigh(first.next, high) === undefined) {
      first.labels = undefined;
      return first;
    }
    return this.#findAmong(first, target.identityLabels());
  }

  forget(identity: Identity): void {
    const first = this.#byHash.get(identity.low);
    if (first === identity) {
      if (identity.next === undefined) this.#byHash.delete(identity.low);
      else this.#byHash.set(identity.low, identity.next);
      return;
    }
    let before = first;
    while (before !== undefined && before.next !== identity) before = before.next;
    if (before !== undefined) before.next = identity.next;
  }

  #findAmong(first: Identity, labels: Labels): Identity {
    let vacant: Identity | undefined;
    for (
      let identity: Identity | undefined = first;
      identity !== undefined;
      identity = withHigh(identity.next, first.high)
    ) {
      if (identity.sample !== undefined) identity.labels ??= this.#labelsOf(identity.sample);
      if (identity.labels !== undefined && equalLabels(identity.labels, labels)) return identity;
      if (identity.sample === undefined) vacant ??= identity;
    }
    this.#onCollision();
    const found = vacant ?? this.#add(new Identity(first.low, first.high, this));
    found.labels = labels;
    return found;
  }

  #add(identity: Identity): Identity {
    identity.next = this.#byHash.get(identity.low);
    this.#byHash.set(identity.low, identity);
    return identity;
  }
}

/** The first identity of a chain, from one on, with this upper half of the hash. */
function withHigh(from: Identity | undefined, high: number): Identity | undefined {
  let identity = from;
  while (identity !== undefined && identity.high !== high) identity = identity.next;
  return identity;
}
