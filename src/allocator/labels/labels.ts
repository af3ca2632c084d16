/**
 * Label sets, small: the sorted names of a set are a layout that all sets with the same names share, so a set itself
 * is one array of values. 100,000 targets of one role have a handful of layouts.
 *
 * Order is bytewise on UTF-8 everywhere, as in Prometheus (not UTF-16 order). Sets are immutable.
 */
import { compareBytewise } from "./bytewise.ts";
import { internLayout, type LabelLayout } from "./label-layout.ts";

/** An immutable label set. Values may be "" (kept and served, but absent for relabelling and identity). */
export interface Labels {
  readonly layout: LabelLayout;
  /** In the order of `layout.names`. */
  readonly values: readonly string[];
}

/** The set without labels. */
export const EMPTY_LABELS: Labels = Object.freeze({ layout: internLayout([]), values: Object.freeze([]) });

/** The value of a label; undefined when the set has no such name (an empty value is ""). */
export function getLabel(labels: Labels, name: string): string | undefined {
  const i = labels.layout.indexOf(name);
  return i < 0 ? undefined : labels.values[i];
}

/** Name to value, in the order of the names (integer-like names first, as JavaScript objects keep them). */
export function toRecord(labels: Labels): Record<string, string> {
  return Object.fromEntries(labels.layout.names.map((name, i) => [name, labels.values[i] ?? ""]));
}

/** True when names and values are equal; empty values count. */
export function equalLabels(a: Labels, b: Labels): boolean {
  if (a === b) return true;
  if (a.layout !== b.layout) return false;
  for (let i = 0; i < a.values.length; i++) {
    if (a.values[i] !== b.values[i]) return false;
  }
  return true;
}

/**
 * A total order of label sets: label by label, name before value, and the shorter set first when it is the beginning
 * of the longer one. Zero exactly for equal sets.
 */
export function compareLabels(a: Labels, b: Labels): number {
  const length = Math.min(a.values.length, b.values.length);
  for (let i = 0; i < length; i++) {
    const order =
      compareBytewise(a.layout.names[i] ?? "", b.layout.names[i] ?? "") ||
      compareBytewise(a.values[i] ?? "", b.values[i] ?? "");
    if (order !== 0) return order;
  }
  return a.values.length - b.values.length;
}
