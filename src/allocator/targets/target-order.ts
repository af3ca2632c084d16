import { compareBytewise } from "../labels/bytewise.ts";
import { compareLabels } from "../labels/labels.ts";
import { mergedLabels } from "../labels/merged-labels.ts";
import type { AssignedTarget } from "../snapshot.ts";

/**
 * The canonical order of targets: by address, then by discovered labels. Zero exactly for targets that are served
 * alike.
 */
export function compareTargets(a: AssignedTarget, b: AssignedTarget): number {
  if (a === b) return 0;
  return (
    compareBytewise(a.address, b.address) ||
    compareLabels(mergedLabels(a.groupLabels, a.ownLabels), mergedLabels(b.groupLabels, b.ownLabels))
  );
}
