import { EMPTY_LABELS, type Labels, labelsOf, type TargetGroup } from "../allocator/index.ts";

/** Label values by name; undefined for labels that a target does not have. */
export type LabelValues = Readonly<Record<string, string | undefined>>;

/** A group without labels in common. No targets: what the source stood for is gone. */
export function flatGroup(source: string, targets: readonly LabelValues[]): TargetGroup {
  return { source, labels: EMPTY_LABELS, targets: targets.map(toLabels) };
}

/** A label set of the labels that have a value, be it empty. */
export function toLabels(values: LabelValues): Labels {
  return labelsOf(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}
