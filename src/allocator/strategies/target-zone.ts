import type { LabelReader } from "../labels/merged-labels.ts";
import type { AssignedTarget } from "../snapshot.ts";

/**
 * Discovered labels that say in which availability zone a target runs, most telling first: of an endpoint slice, and
 * of the target's node (roles other than node have it with `attach_metadata: { node: true }`).
 */
export const ZONE_LABELS: readonly string[] = [
  "__meta_kubernetes_endpointslice_endpoint_zone",
  "__meta_kubernetes_node_label_topology_kubernetes_io_zone",
];

/** The zone of a target by the first of some discovered labels that has a value; "" when none has one. */
export function zoneOf({ groupLabels, ownLabels }: AssignedTarget, labels: readonly LabelReader[]): string {
  for (const label of labels) {
    const zone = label(groupLabels, ownLabels);
    if (zone !== "") return zone;
  }
  return "";
}
