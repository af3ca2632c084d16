import { WORK, type WorkSlice } from "./work-slice.ts";

/** Negative, zero or positive, as sorting wants it. */
export type Compare<T> = (a: T, b: T) => number;

/** Lists up to this length are sorted in one go. */
const RUN = 256;

/** Lists up to this length are searched from end to end, and are changed in one go. */
export const SHORT = 64;

/** A sorted copy. Yields while it works on long lists. */
export function* sortInSlices<T>(
  items: readonly T[],
  compare: Compare<T>,
  slice: WorkSlice,
): Generator<undefined, readonly T[]> {
  if (items.length < 2) return items;
  if (items.length <= RUN) {
    if (slice.spend(items.length * WORK.list)) yield;
    return items.toSorted(compare);
  }
  let runs: (readonly T[])[] = [];
  for (let from = 0; from < items.length; from += RUN) {
    runs.push(items.slice(from, from + RUN).toSorted(compare));
    if (slice.spend(RUN * WORK.list)) yield;
  }
  while (runs.length > 1) {
    const longer: (readonly T[])[] = [];
    for (let i = 0; i < runs.length; i += 2) {
      longer.push(yield* mergeRuns([runs[i] ?? [], runs[i + 1] ?? []], compare, slice));
    }
    runs = longer;
  }
  return runs[0] ?? [];
}

/** Joins two sorted lists; of equal items those of the first come first. */
function* mergeRuns<T>(
  [a, b]: readonly [readonly T[], readonly T[]],
  compare: Compare<T>,
  slice: WorkSlice,
): Generator<undefined, readonly T[]> {
  if (b.length === 0) return a;
  const merged: T[] = [];
  let j = 0;
  for (const item of a) {
    for (let other = b[j]; other !== undefined && compare(other, item) < 0; other = b[j]) {
      merged.push(other);
      j++;
      if (slice.spend(WORK.list)) yield;
    }
    merged.push(item);
    if (slice.spend(WORK.list)) yield;
  }
  return merged.concat(b.slice(j));
}

/** What becomes of a sorted list. An item that is in both was there for a moment, or away for one: nothing changes. */
export interface ListChange<T> {
  /** In any order. */
  readonly removed: readonly T[];
  /** In any order. */
  readonly added: readonly T[];
}

/**
 * The sorted list after a change; the list itself when the change only replaces items by equal ones. Costs a look-up
 * per changed item and a copy of the rest. `compare` must tell all items of one list apart.
 */
export function* changeSorted<T>(
  list: readonly T[],
  change: ListChange<T>,
  compare: Compare<T>,
  slice: WorkSlice,
): Generator<undefined, readonly T[]> {
  const lasting = yield* withoutMomentary(change, slice);
  const added = yield* sortInSlices(lasting.added, compare, slice);
  if (list.length === 0) return added;
  const removed = yield* sortInSlices(lasting.removed, compare, slice);
  if (yield* areEqual([added, removed], compare, slice)) return list;
  const weaving = new Weaving(list, { added, removed }, compare);
  while (weaving.step()) if (slice.spend(WORK.list)) yield;
  if (slice.spend(list.length * WORK.copy)) yield;
  return weaving.finish();
}

/** The same as {@link changeSorted} in one go, for short lists and changes. */
export function changeShort<T>(list: readonly T[], change: ListChange<T>, compare: Compare<T>): readonly T[] {
  const lasting = lastingOf(change);
  const added = sortShort(lasting.added, compare);
  if (list.length === 0) return added;
  const removed = sortShort(lasting.removed, compare);
  const same = added.length === removed.length && added.every((item, i) => compare(item, removed[i] as T) === 0);
  if (same) return list;
  const weaving = new Weaving(list, { added, removed }, compare);
  while (weaving.step());
  return weaving.finish();
}

/** A sorted list while sorted changes are worked into it, one at a time. */
class Weaving<T> {
  readonly #list: readonly T[];
  readonly #change: ListChange<T>;
  readonly #compare: Compare<T>;
  readonly #result: T[] = [];
  /** How far in the list. */
  #from = 0;
  #added = 0;
  #removed = 0;

  constructor(list: readonly T[], change: ListChange<T>, compare: Compare<T>) {
    this.#list = list;
    this.#change = change;
    this.#compare = compare;
  }

  /** Works in the next change; false when there is none. */
  step(): boolean {
    const [next, old] = [this.#change.added[this.#added], this.#change.removed[this.#removed]];
    if (next === undefined && old === undefined) return false;
    // Where an item takes the place of an equal one, the old one must go first.
    if (old !== undefined && (next === undefined || this.#compare(old, next) <= 0)) {
      this.#copyTo(positionOf(this.#list, old, this.#compare, this.#from));
      this.#from++;
      this.#removed++;
    } else if (next !== undefined) {
      this.#copyTo(lowerBound(this.#list, next, this.#compare, this.#from));
      this.#result.push(next);
      this.#added++;
    }
    return true;
  }

  /** The list with what comes behind the last change. */
  finish(): readonly T[] {
    this.#copyTo(this.#list.length);
    return this.#result;
  }

  #copyTo(end: number): void {
    while (this.#from < end) this.#result.push(this.#list[this.#from++] as T);
  }
}

function sortShort<T>(items: readonly T[], compare: Compare<T>): readonly T[] {
  return items.length < 2 ? items : items.toSorted(compare);
}

function lastingOf<T>({ added, removed }: ListChange<T>): ListChange<T> {
  const momentary = added.length === 0 ? [] : removed.filter((item) => added.includes(item));
  if (momentary.length === 0) return { added, removed };
  const lasts = (item: T): boolean => !momentary.includes(item);
  return { added: added.filter(lasts), removed: removed.filter(lasts) };
}

function* withoutMomentary<T>(
  { added, removed }: ListChange<T>,
  slice: WorkSlice,
): Generator<undefined, ListChange<T>> {
  if (added.length === 0 || removed.length === 0) return { added, removed };
  const came = new Set<T>();
  for (const item of added) {
    came.add(item);
    if (slice.spend(WORK.list)) yield;
  }
  const momentary = new Set<T>();
  for (const item of removed) {
    if (came.has(item)) momentary.add(item);
    if (slice.spend(WORK.list)) yield;
  }
  if (momentary.size === 0) return { added, removed };
  const lasts = (item: T): boolean => !momentary.has(item);
  const lasting = { added: added.filter(lasts), removed: removed.filter(lasts) };
  if (slice.spend((added.length + removed.length) * WORK.copy)) yield;
  return lasting;
}

function* areEqual<T>(
  [a, b]: readonly [readonly T[], readonly T[]],
  compare: Compare<T>,
  slice: WorkSlice,
): Generator<undefined, boolean> {
  if (a.length !== b.length) return false;
  for (const [i, item] of a.entries()) {
    if (compare(item, b[i] as T) !== 0) return false;
    if (slice.spend(WORK.compare)) yield;
  }
  return true;
}

/** Index of an item of the list, or of one that is equal to it. */
function positionOf<T>(list: readonly T[], item: T, compare: Compare<T>, from: number): number {
  // A look for the object itself reads no other object, which is faster than few comparisons.
  const position = list.length <= SHORT ? list.indexOf(item, from) : -1;
  return position < 0 ? lowerBound(list, item, compare, from) : position;
}

/** Index of the first item of a sorted list, from an index on, that does not come before another. */
export function lowerBound<T>(list: readonly T[], item: T, compare: Compare<T>, from: number): number {
  let [low, high] = [from, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(list[middle] as T, item) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
