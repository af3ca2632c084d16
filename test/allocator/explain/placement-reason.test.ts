import { describe, expect, it } from "@jest/globals";

import {
  ownerReasonOf,
  type StrategyNames,
  unassignedReasonOf,
} from "../../../src/allocator/explain/placement-reason.ts";
import { EMPTY_LABELS } from "../../../src/allocator/labels/labels.ts";
import { labelsOf } from "../../../src/allocator/labels/labels-builder.ts";
import type { AssignedTarget } from "../../../src/allocator/snapshot.ts";
import { STRATEGY_NAMES } from "../../../src/allocator/strategies/registry.ts";
import { collectors, createAllocator, settled } from "../../support/allocations.ts";

function targetOn(node: string): AssignedTarget {
  const ownLabels = labelsOf({ __address__: "a:1", __meta_kubernetes_node_name: node });
  return { groupLabels: EMPTY_LABELS, ownLabels, address: "a:1" };
}

function strategy(name: string, fallback = ""): StrategyNames {
  return { name, fallback };
}

describe("why a collector has a target", () => {
  it.each<{ name: string; fallback?: string; node?: string; want: string }>([
    { name: "consistent-hashing", want: "Hash" },
    { name: "weighted", want: "Load" },
    { name: "zone-aware", want: "Zone" },
    { name: "per-node", node: "n", want: "SameNode" },
    { name: "per-node", node: "n", fallback: "least-weighted", want: "SameNode" },
    { name: "per-node", node: "", fallback: "least-weighted", want: "Load" },
    { name: "another", want: "Strategy" },
  ])("with $name and fallback $fallback on node $node: $want", ({ name, fallback, node = "", want }) => {
    expect(ownerReasonOf(targetOn(node), strategy(name, fallback))).toBe(want);
  });

  it("is a reason of its own for every strategy that there is", () => {
    for (const name of STRATEGY_NAMES) expect(ownerReasonOf(targetOn("n"), strategy(name))).not.toBe("Strategy");
  });
});

describe("why no collector has a target", () => {
  const none = settled(createAllocator());
  const one = createAllocator();
  one.setCollectors(collectors(1));
  const some = settled(one);

  it.each([
    { target: targetOn("n"), names: strategy("per-node"), snapshot: none, want: "NoCollectors" },
    { target: targetOn("n"), names: strategy("per-node"), snapshot: some, want: "NoCollectorOnNode" },
    { target: targetOn(""), names: strategy("per-node"), snapshot: some, want: "NodeUnknown" },
    { target: targetOn(""), names: strategy("per-node", "weighted"), snapshot: some, want: "NotPlaced" },
    { target: targetOn("n"), names: strategy("weighted"), snapshot: some, want: "NotPlaced" },
  ])("$want", ({ target, names, snapshot, want }) => {
    expect(unassignedReasonOf(target, names, snapshot)).toBe(want);
  });
});
