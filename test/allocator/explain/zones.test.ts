import { describe, expect, it } from "@jest/globals";

import { explainTargets, type TargetExplanation } from "../../../src/allocator/explain/explain-targets.ts";
import { createStrategy } from "../../../src/allocator/strategies/registry.ts";
import { createAllocator, group, job, settled } from "../../support/allocations.ts";

const NODE_ZONE = "__meta_kubernetes_node_label_topology_kubernetes_io_zone";
const COLLECTORS = [
  { name: "in-a", nodeName: "n0", zone: "a" },
  { name: "in-b", nodeName: "n1", zone: "b" },
  { name: "nowhere", nodeName: "" },
];

interface World {
  readonly targets: readonly Readonly<Record<string, string>>[];
  readonly strategy?: string;
  readonly fallback?: string;
  readonly zoneLabels?: readonly string[];
}

function explain(world: World): readonly TargetExplanation[] {
  const { targets, strategy: name = "zone-aware", fallback = "", zoneLabels } = world;
  const definition = job();
  const settings = zoneLabels === undefined ? {} : { zoneLabels };
  const allocator = createAllocator({ strategy: createStrategy(name, fallback, settings) });
  const groups = [group("g", targets)];
  allocator.setJobs([definition]);
  allocator.setCollectors(COLLECTORS);
  allocator.updateGroups(definition.name, "p", groups);
  const work = explainTargets({
    definition,
    strategy: { name, fallback },
    zoneLabels,
    sources: [{ provider: "p", groups }],
    snapshot: settled(allocator),
    selects: () => true,
    limit: 100,
  });
  let step = work.next();
  while (step.done !== true) step = work.next();
  return step.value.targets;
}

const zonesOf = (explanations: readonly TargetExplanation[]): readonly unknown[] =>
  explanations.map(({ zone, outcome }) => [zone, "collectorZone" in outcome ? outcome.collectorZone : undefined]);

describe("zones of an explanation", () => {
  it.each<{ name: string; world: World; want: readonly unknown[] }>([
    {
      name: "are the target's and its collector's, which are the same where there is room",
      world: {
        targets: [
          { __address__: "1:1", [NODE_ZONE]: "a" },
          { __address__: "2:2", [NODE_ZONE]: "b" },
        ],
      },
      want: [
        ["a", "a"],
        ["b", "b"],
      ],
    },
    {
      name: "are those of the labels that the strategy reads",
      world: { targets: [{ __address__: "1:1", [NODE_ZONE]: "a", __meta_zone: "b" }], zoneLabels: ["__meta_zone"] },
      want: [["b", "b"]],
    },
    {
      name: "tell a target of a zone without collectors, and where it went",
      world: { targets: [{ __address__: "1:1", [NODE_ZONE]: "c" }] },
      want: [["c", "a"]],
    },
    {
      name: "are empty where they are not known",
      world: { targets: [{ __address__: "1:1" }, { __address__: "2:2" }, { __address__: "3:3" }] },
      want: expect.arrayContaining([["", ""]]) as unknown as readonly unknown[],
    },
    {
      name: "are told of what falls back to them",
      world: {
        targets: [{ __address__: "1:1", [NODE_ZONE]: "b" }],
        strategy: "per-node",
        fallback: "zone-aware",
      },
      want: [["b", "b"]],
    },
    {
      name: "are not there where the strategy does not go by them",
      world: { targets: [{ __address__: "1:1", [NODE_ZONE]: "b" }], strategy: "consistent-hashing" },
      want: [[undefined, undefined]],
    },
  ])("$name", ({ world, want }) => {
    expect(zonesOf(explain(world))).toEqual(want);
  });
});
