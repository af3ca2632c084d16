import { describe, expect, it } from "@jest/globals";
import type { AllocationSnapshot } from "../../../src/allocator/snapshot.ts";
import { createStrategy } from "../../../src/allocator/strategies/registry.ts";
import { collectors, createAllocator, group, job, ownersOf, settled } from "../../support/allocations.ts";

const K8S = "__meta_kubernetes_";

interface Case {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly want: string;
}

function allocate(
  targets: readonly Readonly<Record<string, string>>[],
  { fallback, instances = collectors(3) }: { fallback?: string; instances?: ReturnType<typeof collectors> } = {},
): AllocationSnapshot {
  const allocator = createAllocator({ strategy: createStrategy("per-node", fallback) });
  allocator.setJobs([job()]);
  allocator.updateGroups("job", "p", [group("0", targets)]);
  allocator.setCollectors(instances);
  return settled(allocator);
}

describe("per-node", () => {
  it.each<Case>([
    { name: "the node of a pod", labels: { [`${K8S}pod_node_name`]: "node-1" }, want: "collector-1" },
    { name: "a node", labels: { [`${K8S}node_name`]: "node-1" }, want: "collector-1" },
    { name: "the node of an endpoint", labels: { [`${K8S}endpoint_node_name`]: "node-1" }, want: "collector-1" },
    {
      name: "an endpoint that is a node",
      labels: {
        [`${K8S}endpointslice_address_target_kind`]: "Node",
        [`${K8S}endpointslice_address_target_name`]: "node-1",
      },
      want: "collector-1",
    },
    {
      name: "the node that a slice gives for an endpoint",
      labels: { [`${K8S}endpointslice_endpoint_node_name`]: "node-1" },
      want: "collector-1",
    },
    { name: "no label", labels: {}, want: "" },
    { name: "a node without a collector", labels: { [`${K8S}node_name`]: "node-9" }, want: "" },
  ])("places by $name", ({ labels, want }) => {
    const owners = ownersOf(allocate([{ __address__: "a:1", ...labels }]));
    expect(owners.get("a:1")).toBe(want);
  });

  it("gives all targets of a node to its collector", () => {
    const onNode0 = Array.from({ length: 10 }, (_, i) => ({ __address__: `t:${i}`, [`${K8S}node_name`]: "node-0" }));
    expect([...allocate(onNode0).targetsByCollector.values()]).toEqual([10, 0, 0]);
  });

  it("gives the targets of a node with two collectors to the first by name", () => {
    const instances = ["b", "a", "c"].map((name) => ({ name, nodeName: "node-0" }));
    const owners = ownersOf(allocate([{ __address__: "t:1", [`${K8S}node_name`]: "node-0" }], { instances }));
    expect(owners.get("t:1")).toBe("a");
  });

  it("does not place by a collector whose node is unknown", () => {
    const owners = ownersOf(allocate([{ __address__: "t:1" }], { instances: [{ name: "a", nodeName: "" }] }));
    expect(owners.get("t:1")).toBe("");
  });

  it("follows the node label of a target", () => {
    const allocator = createAllocator({ strategy: createStrategy("per-node") });
    allocator.setJobs([job()]);
    allocator.setCollectors(collectors(3));
    const on = (node: string): ReturnType<typeof group> =>
      group("0", [{ __address__: "t:1", [`${K8S}node_name`]: node }]);
    for (const [node, owner] of [
      ["node-0", "collector-0"],
      ["node-2", "collector-2"],
      ["node-9", ""],
      ["node-1", "collector-1"],
    ] as const) {
      allocator.updateGroups("job", "p", [on(node)]);
      expect(ownersOf(settled(allocator)).get("t:1")).toBe(owner);
    }
  });

  it("leaves nothing with the collector of a node that a target has left", () => {
    const allocator = createAllocator({ strategy: createStrategy("per-node") });
    allocator.setJobs([job()]);
    allocator.setCollectors(collectors(2));
    for (const node of ["node-0", "node-9"]) {
      allocator.updateGroups("job", "p", [group("0", [{ __address__: "t:1", [`${K8S}node_name`]: node }])]);
      settled(allocator);
    }
    const { jobs, targetsByCollector } = allocator.snapshot();
    expect(jobs.get("job")?.byCollector).toEqual(new Map());
    expect(jobs.get("job")?.counts).toMatchObject({ assigned: 0, unassigned: 1 });
    expect([...targetsByCollector.values()]).toEqual([0, 0]);
    allocator.updateGroups("job", "p", [group("0", [])]);
    expect(settled(allocator).jobs.get("job")?.counts).toMatchObject({ discovered: 0, unassigned: 0 });
  });

  describe("with a fallback", () => {
    const targets = [
      { __address__: "t0:1", [`${K8S}node_name`]: "node-0" },
      { __address__: "t9:1", [`${K8S}node_name`]: "node-9" },
      { __address__: "web-0.us.example.com:8080" },
      { __address__: "node-1.us.example.com:443" },
    ];
    const named = ["main-collector-0", "main-collector-1", "main-collector-2"];
    const instances = named.map((name, i) => ({ name, nodeName: `node-${i}` }));

    it("places targets without a node by it, and leaves those on a node without a collector unassigned", () => {
      const owners = ownersOf(allocate(targets, { fallback: "consistent-hashing", instances }));
      expect(Object.fromEntries(owners)).toEqual({
        "node-1.us.example.com:443": "main-collector-2",
        "t0:1": "main-collector-0",
        "t9:1": "",
        "web-0.us.example.com:8080": "main-collector-0",
      });
    });

    it.each([
      ["least-weighted", 3],
      ["per-node", 1],
    ])("that is %s assigns %i of four", (fallback, assigned) => {
      const { jobs } = allocate(targets, { fallback, instances });
      expect(jobs.get("job")?.counts.assigned).toBe(assigned);
    });
  });
});
