import { mergedLabel } from "../labels/merged-labels.ts";
import type { AssignedTarget } from "../snapshot.ts";

/** Labels that say where a target runs, most telling first. */
const NODE_LABELS = [
  "__meta_kubernetes_pod_node_name",
  "__meta_kubernetes_node_name",
  "__meta_kubernetes_endpoint_node_name",
] as const;
const ADDRESS_TARGET_KIND = "__meta_kubernetes_endpointslice_address_target_kind";
const ADDRESS_TARGET_NAME = "__meta_kubernetes_endpointslice_address_target_name";
const ENDPOINT_NODE_NAME = "__meta_kubernetes_endpointslice_endpoint_node_name";

/**
 * The node a target runs on, from its discovered labels; "" when they do not say. The node name that an endpoint slice
 * gives for an endpoint comes last, where the Go allocator, which does not read it, knows no node at all.
 */
export function nodeNameOf({ groupLabels, ownLabels }: AssignedTarget): string {
  const label = (name: string): string => mergedLabel(groupLabels, ownLabels, name) ?? "";
  for (const name of NODE_LABELS) {
    const node = label(name);
    if (node !== "") return node;
  }
  const addressee = label(ADDRESS_TARGET_KIND) === "Node" ? label(ADDRESS_TARGET_NAME) : "";
  return addressee === "" ? label(ENDPOINT_NODE_NAME) : addressee;
}
