import type { BalancingRound, Movable, Move } from "./balancer.ts";
import type { CollectorLoad } from "./collector-load.ts";

/** What a donor still has to give. */
interface Stock<T extends Movable> {
  /** The heaviest first. */
  readonly targets: readonly T[];
  readonly given: Set<T>;
}

/** The moves of one round while they are chosen, and the loads as they will be after them. */
export class MoveLedger<T extends Movable> {
  readonly #limit: number;
  readonly #weights: Map<CollectorLoad, number>;
  readonly #stocks: ReadonlyMap<CollectorLoad, Stock<T>>;
  readonly #moves: Move<T>[] = [];

  constructor({ donors, loads, limit }: BalancingRound<T>) {
    this.#limit = limit;
    this.#weights = new Map(loads.map((load) => [load, load.weight]));
    this.#stocks = new Map(donors.map(({ load, targets }) => [load, { targets, given: new Set() }]));
  }

  get moves(): readonly Move<T>[] {
    return this.#moves;
  }

  /** No further move is allowed. */
  get full(): boolean {
    return this.#moves.length >= this.#limit;
  }

  /** What a collector has after the moves so far. */
  weightOf(load: CollectorLoad): number {
    return this.#weights.get(load) ?? 0;
  }

  /** Targets that a donor has had from the beginning and still has; none for a collector that is no donor. */
  targetsOf(load: CollectorLoad): readonly T[] {
    const { targets = [], given } = this.#stocks.get(load) ?? {};
    return targets.filter((target) => given?.has(target) !== true);
  }

  /**
   * The target of a donor that brings it and the other collector closest together, and closer than they are; undefined
   * when none does.
   */
  bestFit(from: CollectorLoad, to: CollectorLoad): T | undefined {
    const stock = this.#stocks.get(from);
    if (stock === undefined) return undefined;
    const gap = this.weightOf(from) - this.weightOf(to);
    const middle = firstUpTo(stock.targets, gap / 2);
    const lighter = nearest(stock, middle, 1);
    const heavier = nearest(stock, middle - 1, -1);
    if (heavier === undefined || heavier.weight >= gap) return lighter;
    return lighter === undefined || heavier.weight - gap / 2 < gap / 2 - lighter.weight ? heavier : lighter;
  }

  /** Notes a move of a target that the donor still has. */
  move(target: T, from: CollectorLoad, to: CollectorLoad): void {
    this.#stocks.get(from)?.given.add(target);
    this.#weights.set(from, this.weightOf(from) - target.weight);
    this.#weights.set(to, this.weightOf(to) + target.weight);
    this.#moves.push({ target, to: to.collector });
  }
}

/** Index of the first target that weighs no more than this. */
function firstUpTo(targets: readonly Movable[], weight: number): number {
  let [low, high] = [0, targets.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((targets[middle]?.weight ?? 0) > weight) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first target from an index on, in one direction, that was not given away. */
function nearest<T extends Movable>({ targets, given }: Stock<T>, from: number, step: 1 | -1): T | undefined {
  for (let i = from; i >= 0 && i < targets.length; i += step) {
    const target = targets[i];
    if (target !== undefined && !given.has(target)) return target;
  }
  return undefined;
}
