import { describe, expect, it } from "@jest/globals";
import { buildNodeGroup } from "../../../src/discovery/kubernetes/node.ts";
import type { NodeAddress } from "../../../src/discovery/kubernetes/objects.ts";
import { node } from "../../support/cluster-objects.ts";
import { toPlain } from "../../support/label-groups.ts";

const M = "__meta_kubernetes_";

describe("buildNodeGroup", () => {
  it("makes the kubelet of a node one target", () => {
    const group = buildNodeGroup(
      node("node-1", {
        metadata: { labels: { "test-label": "v" }, annotations: { "test-annotation": "w" } },
        spec: { providerID: "aws:///zone/i-1" },
        status: {
          addresses: [
            { type: "ExternalIP", address: "198.51.100.1" },
            { type: "InternalIP", address: "10.0.0.1" },
            { type: "InternalIP", address: "10.0.0.2" },
            { type: "Host.Name", address: "node-1.local" },
          ],
          conditions: [
            { type: "Ready", status: "True" },
            { type: "custom/Condition", status: "Unknown" },
          ],
          daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
        },
      }),
      "node/node-1",
    );
    expect(group === undefined ? undefined : toPlain(group)).toEqual({
      source: "node/node-1",
      labels: {
        [`${M}node_annotation_test_annotation`]: "w",
        [`${M}node_annotationpresent_test_annotation`]: "true",
        [`${M}node_condition_custom_condition`]: "unknown",
        [`${M}node_condition_ready`]: "true",
        [`${M}node_label_test_label`]: "v",
        [`${M}node_labelpresent_test_label`]: "true",
        [`${M}node_name`]: "node-1",
        [`${M}node_provider_id`]: "aws:///zone/i-1",
      },
      targets: [
        {
          __address__: "10.0.0.1:10250",
          instance: "node-1",
          [`${M}node_address_ExternalIP`]: "198.51.100.1",
          [`${M}node_address_Host_Name`]: "node-1.local",
          [`${M}node_address_InternalIP`]: "10.0.0.1",
        },
      ],
    });
  });

  const all = ["Hostname", "LegacyHostIP", "ExternalDNS", "ExternalIP", "InternalDNS", "InternalIP"];
  it.each(all.map((type, i) => ({ type, given: all.slice(0, i + 1) })))(
    "prefers $type to $given",
    ({ type, given }) => {
      const addresses: NodeAddress[] = given.map((one) => ({ type: one, address: one.toLowerCase() }));
      const group = buildNodeGroup(node("n", { status: { addresses } }), "node/n");
      expect(group?.targets[0]?.values[0]).toBe(`${type.toLowerCase()}:0`);
    },
  );

  it("says nothing about a node without addresses", () => {
    expect(buildNodeGroup(node("n"), "node/n")).toBeUndefined();
    const addresses = [{ type: "Other", address: "10.0.0.1" }];
    expect(buildNodeGroup(node("n", { status: { addresses } }), "node/n")).toBeUndefined();
  });
});
