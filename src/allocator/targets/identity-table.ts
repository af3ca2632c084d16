import type { JobShards } from "../job-shards.ts";
import { equalLabels, type Labels } from "../labels/labels.ts";
import { type Candidate, Identity, type IdentityHome } from "./identity.ts";

/** All identities of one job, by hash. Identities with one hash are told apart by their labels. */
export class IdentityTable implements IdentityHome {
  readonly shards: JobShards;
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
   * The identity of a target with this hash and these final labels; made when there is none. The labels are worked out
   * only when they matter: when another target with this hash is there.
   *
   * An identity that lost its targets is taken over without a look at its labels, so that a target which is replaced
   * by itself costs nothing more. In a collision this could hand one target's collector to another, which harms nobody.
   */
  find(hash: number, labels: () => Labels): Identity {
    const first = this.#byHash.get(hash);
    if (first === undefined) return this.#add(new Identity(hash, this));
    if (first.next === undefined && first.sample === undefined) {
      first.labels = undefined;
      return first;
    }
    return this.#findAmong(first, labels());
  }

  forget(identity: Identity): void {
    const first = this.#byHash.get(identity.hash);
    if (first === identity) {
      if (identity.next === undefined) this.#byHash.delete(identity.hash);
      else this.#byHash.set(identity.hash, identity.next);
      return;
    }
    let before = first;
    while (before !== undefined && before.next !== identity) before = before.next;
    if (before !== undefined) before.next = identity.next;
  }

  #findAmong(first: Identity, labels: Labels): Identity {
    let vacant: Identity | undefined;
    for (let identity: Identity | undefined = first; identity !== undefined; identity = identity.next) {
      if (identity.sample !== undefined) identity.labels ??= this.#labelsOf(identity.sample);
      if (identity.labels !== undefined && equalLabels(identity.labels, labels)) return identity;
      if (identity.sample === undefined) vacant ??= identity;
    }
    this.#onCollision();
    const found = vacant ?? this.#add(new Identity(first.hash, this));
    found.labels = labels;
    return found;
  }

  #add(identity: Identity): Identity {
    identity.next = this.#byHash.get(identity.hash);
    this.#byHash.set(identity.hash, identity);
    return identity;
  }
}
