import type { BalancingRound, Movable, Move } from "./balancer.ts";
import { MoveLedger } from "./move-ledger.ts";
import type { CollectorLoad } from "./collector-load.ts";

/** How uneven loads may be: 1.2 allows from five sixths to six fifths of what is common. */
export interface EveningLimits {
  /** Moves begin when a load is outside of this. */
  readonly above: number;
  /** Then they go on until all loads are within this. */
  readonly to: number;
}

/** Late enough that pods that come and go move nothing else, early enough that nobody has to be afraid of a node. */
export const DEFAULT_EVENING: EveningLimits = { above: 1.2, to: 1.05 };

/**
 * The loads that should give targets away: the upper half when any is out of bounds. What is common is the median: one
 * target that is heavier than all others together must not make the rest look even.
 */
export function unevenLoads(loads: readonly CollectorLoad[], bound: number): readonly CollectorLoad[] {
  const sorted = loads.map(({ weight }) => weight).toSorted((a, b) => a - b);
  const [least = 0, most = 0] = [sorted[0], sorted.at(-1)];
  const median = ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
  if (most <= median * bound && least >= median / bound) return [];
  return loads.filter(({ weight }) => weight > least && weight >= median);
}

/** Moves targets from the most to the least loaded until all loads are within the bound of their mean. */
export function evenOut<T extends Movable>(round: BalancingRound<T>, bound: number): readonly Move<T>[] {
  const ledger = new MoveLedger(round);
  evenAmong(ledger, round.loads, bound);
  return ledger.moves;
}

/** The same for some of the collectors, as a part of a round. */
export function evenAmong<T extends Movable>(
  ledger: MoveLedger<T>,
  among: readonly CollectorLoad[],
  bound: number,
): void {
  // A collector that has nothing suitable to give is left alone with what it has, and the others are measured by
  // each other.
  let peers = among;
  while (!ledger.full && peers.length > 1) {
    const { most, least, mean } = extremesOf(peers, ledger);
    if (ledger.weightOf(most) <= mean * bound && ledger.weightOf(least) >= mean / bound) return;
    const target = ledger.bestFit(most, least);
    if (target === undefined) peers = peers.filter((peer) => peer !== most);
    else ledger.move(target, most, least);
  }
}

function extremesOf(
  loads: readonly CollectorLoad[],
  ledger: MoveLedger<Movable>,
): { readonly most: CollectorLoad; readonly least: CollectorLoad; readonly mean: number } {
  let [most, least] = [loads[0] as CollectorLoad, loads[0] as CollectorLoad];
  let sum = 0;
  for (const load of loads) {
    const weight = ledger.weightOf(load);
    sum += weight;
    if (weight > ledger.weightOf(most)) most = load;
    if (weight < ledger.weightOf(least)) least = load;
  }
  return { most, least, mean: sum / loads.length };
}

/** The least loaded of some collectors, as they are after the moves so far; of equal ones the first. */
export function lightestOf(loads: readonly CollectorLoad[], ledger: MoveLedger<Movable>): CollectorLoad {
  return extremesOf(loads, ledger).least;
}
