import { mergedLabels, type TargetGroup, toRecord } from "../../src/allocator/index.ts";

/** A group with its labels as plain objects, for comparing. */
export interface PlainGroup {
  readonly source: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly targets: readonly Readonly<Record<string, string>>[];
}

export function toPlain({ source, labels, targets }: TargetGroup): PlainGroup {
  return { source, labels: toRecord(labels), targets: targets.map(toRecord) };
}

/** The discovered labels of the targets: the group's and their own. */
export function discovered({ labels, targets }: TargetGroup): readonly Readonly<Record<string, string>>[] {
  return targets.map((target) => toRecord(mergedLabels(labels, target)));
}
