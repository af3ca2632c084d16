import { WORK, type WorkSlice } from "./work-slice.ts";

/** Negative, zero or positive, as sorting wants it. */
export type Compare<T> = (a: T, b: T) => number;

/** Lists up to this length are sorted in one go. */
const RUN = 256;

/** Lists up to this length are searched from end to end. */
const SHORT = 64;

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
  const result: T[] = [];
  let [from, a, r] = [0, 0, 0];
  while (a < added.length || r < removed.length) {
    const [next, old] = [added[a], removed[r]];
    // Where an item takes the place of an equal one, the old one must go first.
    const removes = old !== undefined && (next === undefined || compare(old, next) <= 0);
    const item = (removes ? old : next) as T;
    const at = removes ? positionOf(list, item, compare, from) : lowerBound(list, item, compare, from);
    while (from < at) result.push(list[from++] as T);
    if (removes) {
      from++;
      r++;
    } else {
      result.push(item);
      a++;
    }
    if (slice.spend(WORK.list)) yield;
  }
  return result.concat(list.slice(from));
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
  return { added: added.filter(lasts), removed: removed.filter(lasts) };
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
