import { compareBytewise } from "../labels/bytewise.ts";
import { compareLabels } from "../labels/labels.ts";
import { mergedLabels, mergePlan } from "../labels/merged-labels.ts";
import type { AssignedTarget } from "../snapshot.ts";

/**
 * The canonical order of targets: by address, then by discovered labels. Zero exactly for targets that are served
 * alike.
 *
 * Addresses are compared as JavaScript compares texts, by far the quickest way, and sorting them is much of what a
 * first pass does. It differs from the bytewise order only where characters beyond U+FFFF meet those from U+E000 on.
 */
export function compareTargets(a: AssignedTarget, b: AssignedTarget): number {
  if (a === b) return 0;
  const [x, y] = [a.address, b.address];
  if (x === y) return compareDiscovered(a, b);
  return x < y ? -1 : 1;
}

function compareDiscovered(a: AssignedTarget, b: AssignedTarget): number {
  if (a.groupLabels.layout !== b.groupLabels.layout || a.ownLabels.layout !== b.ownLabels.layout) {
    return compareLabels(mergedLabels(a.groupLabels, a.ownLabels), mergedLabels(b.groupLabels, b.ownLabels));
  }
  // The common case, such as a target before and after a restart: the names are equal, and nothing needs to be merged.
  for (const from of mergePlan(a.groupLabels.layout, a.ownLabels.layout).sources) {
    const order = compareBytewise(valueAt(a, from), valueAt(b, from));
    if (order !== 0) return order;
  }
  return 0;
}

/** A value by its place in a merge plan. */
function valueAt({ groupLabels, ownLabels }: AssignedTarget, from: number): string {
  return (from < 0 ? groupLabels.values[~from] : ownLabels.values[from]) ?? "";
}
