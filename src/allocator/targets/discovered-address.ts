import { getLabel, type Labels } from "../labels/labels.ts";

/** The `__address__` that discovery gave a target, itself or by its group; "" when neither has one. */
export function discoveredAddress({
  groupLabels,
  ownLabels,
}: {
  readonly groupLabels: Labels;
  readonly ownLabels: Labels;
}): string {
  return getLabel(ownLabels, "__address__") ?? getLabel(groupLabels, "__address__") ?? "";
}
