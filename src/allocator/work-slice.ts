/** What steps of a pass cost, in units of about a tenth of a microsecond on a slow core. */
export const WORK = {
  /** Merging, relabelling and identifying one target. */
  process: 40,
  /** Finding out that a target of a group has not changed. */
  compare: 4,
  /** Deciding who owns a target. */
  settle: 10,
  /** Moving one target within lists. */
  list: 2,
  /** Copying one item of a list as part of the whole list. */
  copy: 0.1,
} as const;

/** About 250 processed targets: a millisecond or two. */
const UNITS_PER_SLICE = 250 * WORK.process;

/** Counts the work of a pass and says when it is time to let others work. */
export class WorkSlice {
  #left = UNITS_PER_SLICE;

  /** True when the slice is used up; the caller must yield, and the next slice has begun. */
  spend(units: number): boolean {
    this.#left -= units;
    if (this.#left > 0) return false;
    this.#left = UNITS_PER_SLICE;
    return true;
  }
}
