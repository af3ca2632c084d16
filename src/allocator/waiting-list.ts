import type { JobShards } from "./job-shards.ts";
import { sortInSlices } from "./sorted-list.ts";
import type { Candidate, Identity } from "./targets/identity.ts";
import { compareTargets } from "./targets/target-order.ts";
import { WORK, type WorkSlice } from "./work-slice.ts";

/** An identity that must be given a collector by load, and what is to be served of it. */
export interface Waiting {
  readonly identity: Identity;
  readonly target: Candidate;
}

/**
 * Identities that a pass must place by load, after all others have settled. Weights and jobs are few beside targets, so
 * those are sorted, and of the targets themselves only those of one job and one weight among each other.
 */
export class WaitingList {
  #byWeight = new Map<number, Waiting[]>();
  #totalWeight = 0;

  /** Of all that wait. */
  get totalWeight(): number {
    return this.#totalWeight;
  }

  add(identity: Identity, target: Candidate): void {
    const { weight } = identity;
    this.#totalWeight += weight;
    const alike = this.#byWeight.get(weight);
    if (alike === undefined) this.#byWeight.set(weight, [{ identity, target }]);
    else alike.push({ identity, target });
  }

  /** Hands out all that wait, and forgets them: the heaviest first, then by job and in canonical order. */
  *take(slice: WorkSlice): Generator<undefined, readonly Waiting[]> {
    const byWeight = this.#byWeight;
    this.#byWeight = new Map();
    this.#totalWeight = 0;
    const ordered: Waiting[] = [];
    for (const weight of yield* sortInSlices([...byWeight.keys()], (a, b) => b - a, slice)) {
      const byJob = yield* groupByJob(byWeight.get(weight) ?? [], slice);
      for (const job of yield* sortInSlices([...byJob.keys()], (a, b) => a.rank - b.rank, slice)) {
        for (const one of yield* sortInSlices(byJob.get(job) ?? [], compareWaiting, slice)) ordered.push(one);
      }
    }
    return ordered;
  }
}

/** They nearly always come job by job. */
function* groupByJob(
  all: readonly Waiting[],
  slice: WorkSlice,
): Generator<undefined, ReadonlyMap<JobShards, readonly Waiting[]>> {
  const byJob = new Map<JobShards, Waiting[]>();
  let [job, ofJob]: [JobShards | undefined, Waiting[]] = [undefined, []];
  for (const one of all) {
    const { shards } = one.identity.home;
    if (shards !== job) {
      [job, ofJob] = [shards, byJob.get(shards) ?? []];
      byJob.set(job, ofJob);
    }
    ofJob.push(one);
    if (slice.spend(WORK.list)) yield;
  }
  return byJob;
}

function compareWaiting(a: Waiting, b: Waiting): number {
  return compareTargets(a.target, b.target);
}
