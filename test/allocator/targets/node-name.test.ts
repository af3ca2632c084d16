import { describe, expect, it } from "@jest/globals";
import { labelsOf } from "../../../src/allocator/labels/labels-builder.ts";
import { nodeNameOf } from "../../../src/allocator/targets/node-name.ts";

const K8S = "__meta_kubernetes_";
type LabelRecord = Readonly<Record<string, string>>;

describe("nodeNameOf", () => {
  it.each<[string, LabelRecord, LabelRecord, string]>([
    ["is empty without labels", {}, {}, ""],
    ["takes the pod's node before others", { [`${K8S}pod_node_name`]: "p", [`${K8S}node_name`]: "n" }, {}, "p"],
    ["takes the next label when one is empty", { [`${K8S}pod_node_name`]: "", [`${K8S}node_name`]: "n" }, {}, "n"],
    [
      "takes the target's own label before its group's",
      { [`${K8S}node_name`]: "g" },
      { [`${K8S}node_name`]: "o" },
      "o",
    ],
    [
      "is empty where the target's own empty label hides its group's",
      { [`${K8S}node_name`]: "g" },
      { [`${K8S}node_name`]: "" },
      "",
    ],
    [
      "does not take an endpoint that is a pod for a node",
      { [`${K8S}endpointslice_address_target_kind`]: "Pod", [`${K8S}endpointslice_address_target_name`]: "web-0" },
      {},
      "",
    ],
    [
      "takes the slice's node name last",
      {
        [`${K8S}endpointslice_address_target_kind`]: "Node",
        [`${K8S}endpointslice_address_target_name`]: "n1",
        [`${K8S}endpointslice_endpoint_node_name`]: "n2",
      },
      {},
      "n1",
    ],
  ])("%s", (_name, groupLabels, ownLabels, want) => {
    expect(nodeNameOf({ groupLabels: labelsOf(groupLabels), ownLabels: labelsOf(ownLabels), address: "" })).toBe(want);
  });
});
