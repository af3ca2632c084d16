import type { LabelReader } from "../labels/merged-labels.ts";
import type { AssignedTarget } from "../snapshot.ts";

/** More makes no difference: sums of a million such weights are still exact. */
const MAX_WEIGHT = 2 ** 31;

/** A weight as it is counted with: a whole number from 1, so that sums do not depend on their order. */
export function toWeight(value: number): number {
  return Math.min(MAX_WEIGHT, Math.max(1, Math.round(value)));
}

/**
 * What a target says that it weighs, by the first of some discovered labels that has a value. Undefined when none has
 * one, or when it is no number above zero.
 */
export function declaredWeight(
  { groupLabels, ownLabels }: AssignedTarget,
  labels: readonly LabelReader[],
): number | undefined {
  for (const label of labels) {
    const text = label(groupLabels, ownLabels);
    if (text === "") continue;
    const value = Number(text);
    return Number.isFinite(value) && value > 0 ? toWeight(value) : undefined;
  }
  return undefined;
}
