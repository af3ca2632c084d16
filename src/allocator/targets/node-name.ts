import { labelReader } from "../labels/merged-labels.ts";
import type { AssignedTarget } from "../snapshot.ts";

/** Labels that say where a target runs, most telling first. */
const nodeNames = [
  "__meta_kubernetes_pod_node_name",
  "__meta_kubernetes_node_name",
  "__meta_kubernetes_endpoint_node_name",
].map(labelReader);
const addressTargetKind = labelReader("__meta_kubernetes_endpointslice_address_target_kind");
const addressTargetName = labelReader("__meta_kubernetes_endpointslice_address_target_name");
const endpointNodeName = labelReader("__meta_kubernetes_endpointslice_endpoint_node_name");

/**
 * The node a target runs on, from its discovered labels; "" when they do not say. The node name that an endpoint slice
 * gives for an endpoint comes last, where the Go allocator, which does not read it, knows no node at all.
 */
export function nodeNameOf({ groupLabels, ownLabels }: AssignedTarget): string {
  for (const nodeName of nodeNames) {
    const node = nodeName(groupLabels, ownLabels);
    if (node !== "") return node;
  }
  const isNode = addressTargetKind(groupLabels, ownLabels) === "Node";
  const addressee = isNode ? addressTargetName(groupLabels, ownLabels) : "";
  return addressee === "" ? endpointNodeName(groupLabels, ownLabels) : addressee;
}
