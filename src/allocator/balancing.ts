import type { CounterCell } from "./counters.ts";
import type { LoadedCollector } from "./job-shards.ts";
import type { Seating } from "./seating.ts";
import { sortInSlices } from "./sorted-list.ts";
import type { Balancer, Donor } from "./strategies/balancer.ts";
import type { CollectorLoad } from "./strategies/collector-load.ts";
import type { Bucket, Identity } from "./targets/identity.ts";
import { compareTargets } from "./targets/target-order.ts";
import { WORK, type WorkSlice } from "./work-slice.ts";

/** What is to be balanced, as it is at the moment. */
export interface Unbalanced {
  readonly balancer: Balancer | undefined;
  /** By name; another object when they have changed. */
  readonly collectors: ReadonlyMap<string, LoadedCollector>;
}

/** Carries out what a strategy's balancer wants, as far as moves are allowed. */
export class Balancing {
  readonly #seating: Seating;
  readonly #counters: CounterCell;
  /** Moves have begun and have not come to their end. */
  #ongoing = false;
  /** The state in which there was no further move to be had. */
  #finished: { readonly changes: number; readonly collectors: unknown } | undefined;

  constructor(seating: Seating, counters: CounterCell) {
    this.#seating = seating;
    this.#counters = counters;
  }

  /** Whether moves would help, as far as the loads tell. */
  isWanted({ balancer, collectors }: Unbalanced): boolean {
    const { changes } = this.#seating;
    if (this.#finished?.changes === changes && this.#finished.collectors === collectors) return false;
    if (balancer === undefined) return false;
    return balancer.donorsAmong([...collectors.values()], this.#ongoing).length > 0;
  }

  /** Moves targets, `limit` at most, among those that are placed by load. */
  *run(
    { balancer, collectors }: Unbalanced,
    buckets: Iterable<Bucket>,
    limit: number,
    slice: WorkSlice,
  ): Generator<undefined, void> {
    const loads = [...collectors.values()];
    const donating = balancer?.donorsAmong(loads, this.#ongoing) ?? [];
    if (balancer === undefined || donating.length === 0 || limit <= 0) return;
    const donors = yield* donorsWithTargets(donating, buckets, slice);
    const moves = balancer.movesFrom({ donors, loads, limit });
    for (const { target: identity, to } of moves) {
      if (identity.target !== undefined) this.#seating.seat(identity, identity.target, collectors.get(to.name));
      if (slice.spend(WORK.settle)) yield;
    }
    this.#counters.balanced += moves.length;
    this.#ongoing = moves.length >= limit;
    this.#finished = this.#ongoing ? undefined : { changes: this.#seating.changes, collectors };
  }
}

function* donorsWithTargets(
  donating: readonly CollectorLoad[],
  buckets: Iterable<Bucket>,
  slice: WorkSlice,
): Generator<undefined, readonly Donor<Identity>[]> {
  const identities = new Map<CollectorLoad | undefined, Identity[]>(donating.map((load) => [load, []]));
  for (const bucket of buckets) {
    const members = typeof bucket.place === "function" ? bucket.identities.members : [];
    for (const identity of members) {
      identities.get(identity.shard?.owner)?.push(identity);
      if (slice.spend(WORK.list)) yield;
    }
  }
  const donors: Donor<Identity>[] = [];
  for (const load of donating) {
    const targets = yield* sortInSlices(identities.get(load) ?? [], compareMovable, slice);
    donors.push({ load, targets });
  }
  return donors;
}

/** The heaviest first; then in an order that says nothing, but is the same everywhere and quick to find. */
function compareMovable(a: Identity, b: Identity): number {
  const order = b.weight - a.weight || a.low - b.low || a.high - b.high;
  if (order !== 0 || a.target === undefined || b.target === undefined) return order;
  return a.home.shards.rank - b.home.shards.rank || compareTargets(a.target, b.target);
}
