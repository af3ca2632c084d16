/**
 * Label sets, small: the sorted names of a set are a layout that all sets with the same names share, so a set itself
 * is one array of values. 100,000 targets of one role have a handful of layouts.
 *
 * Order is bytewise on UTF-8 everywhere, as in Prometheus (not UTF-16 order). Sets are immutable.
 */

/** The names of a label set, interned: two sets with the same names have the identical layout object. */
export interface LabelLayout {
  /** Sorted bytewise, unique. */
  readonly names: readonly string[];
  /** Position in `names`, or -1. */
  indexOf(name: string): number;
}

/** An immutable label set. Values may be "" (kept and served, but absent for relabelling and identity). */
export interface Labels {
  readonly layout: LabelLayout;
  /** In the order of `layout.names`. */
  readonly values: readonly string[];
}
