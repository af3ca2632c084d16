import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import {
  type ExplainedTargets,
  type ExplainInput,
  explainTargets,
  type TargetExplanation,
} from "../../../src/allocator/explain/explain-targets.ts";
import type { CollectorInstance } from "../../../src/allocator/collector-instance.ts";
import { STRATEGY_NAMES, createStrategy } from "../../../src/allocator/strategies/registry.ts";
import type { TargetGroup } from "../../../src/allocator/targets/target-group.ts";
import { toRecord } from "../../../src/allocator/labels/labels.ts";
import { collectors, createAllocator, group, job, type JobFields, rule, settled } from "../../support/allocations.ts";

interface World {
  readonly groups: readonly TargetGroup[];
  /** Found after the pass. */
  readonly later?: readonly TargetGroup[];
  readonly fields?: JobFields;
  readonly strategy?: string;
  readonly fallback?: string;
  readonly collectors?: readonly CollectorInstance[];
  readonly selects?: ExplainInput["selects"];
  readonly limit?: number;
}

/** Allocates, then explains, counting the slices that it takes. */
function explain(world: World): ExplainedTargets & { readonly slices: number } {
  const { groups, later = [], fields = {}, strategy: name = "consistent-hashing", fallback = "" } = world;
  const { selects = () => true, limit = 100 } = world;
  const definition = job(fields);
  const allocator = createAllocator({ strategy: createStrategy(name, fallback) });
  allocator.setJobs([definition]);
  allocator.setCollectors(world.collectors ?? collectors(3));
  allocator.updateGroups(definition.name, "p", groups);
  const snapshot = settled(allocator);
  const sources = [{ provider: "p", groups: [...groups, ...later] }];
  const work = explainTargets({ definition, strategy: { name, fallback }, sources, snapshot, selects, limit });
  let slices = 1;
  let step = work.next();
  for (; step.done !== true; step = work.next()) slices++;
  return { ...step.value, slices };
}

function only({ targets }: ExplainedTargets): TargetExplanation {
  const [target, ...more] = targets;
  if (target === undefined || more.length > 0) throw new Error(`${String(targets.length)} targets`);
  return target;
}

const drop = rule({ action: "drop", sourceLabels: ["__meta_phase"], regex: "Pending" });
const rename = rule({ sourceLabels: ["__meta_pod"], targetLabel: "pod" });

describe("explainTargets", () => {
  it("tells what was discovered, what the job added, what each rule did, and who has the target", () => {
    const explanation = only(
      explain({
        groups: [group("pod/a", ["1.1.1.1:80"], { __meta_pod: "a", __scheme__: "https" })],
        fields: { rules: [drop, rename] },
        collectors: collectors(1),
      }),
    );
    const { trace, target, outcome } = explanation;
    expect(target).toMatchObject({ provider: "p", source: "pod/a", address: "1.1.1.1:80" });
    expect(toRecord(trace.discovered)).toEqual({ __address__: "1.1.1.1:80", __meta_pod: "a", __scheme__: "https" });
    expect(toRecord(trace.seeded)).toEqual({
      __metrics_path__: "/metrics",
      __scrape_interval__: "1m",
      __scrape_timeout__: "10s",
      job: "job",
    });
    expect(trace.steps).toMatchObject([
      { rule: 0, action: "drop", sourceValue: "", changes: [] },
      { rule: 1, action: "replace", sourceValue: "a", changes: [{ name: "pod", before: "", after: "a" }] },
    ]);
    expect(trace.final === undefined ? {} : toRecord(trace.final)).toEqual({
      __address__: "1.1.1.1:80",
      __metrics_path__: "/metrics",
      __scheme__: "https",
      __scrape_interval__: "1m",
      __scrape_timeout__: "10s",
      job: "job",
      pod: "a",
    });
    expect(outcome).toEqual({
      reason: "Assigned",
      collector: "collector-0",
      ownerReason: "Hash",
      strategy: "consistent-hashing",
    });
  });

  it("names the rule that dropped a target, and runs none behind it", () => {
    const groups = [group("g", ["1:1"], { __meta_phase: "Pending" })];
    const { trace, outcome } = only(explain({ groups, fields: { rules: [rename, drop, rename] } }));
    expect(outcome).toEqual({ reason: "DroppedByRule" });
    expect(trace.steps).toHaveLength(2);
    expect(trace.steps.at(-1)).toMatchObject({ rule: 1, action: "drop", sourceValue: "Pending", dropped: "Match" });
    expect(trace.final).toBeUndefined();
  });

  it("names the survivor of a duplicate, and the duplicates of the survivor", () => {
    const groups = [
      group("pod/b", ["1:1"], { __meta_pod: "b" }),
      group("pod/a", ["1:1"], { __meta_pod: "a" }),
      group("pod/c", ["2:2"], { __meta_pod: "c" }),
    ];
    const { targets } = explain({ groups });
    expect(targets.map(({ target: { source }, outcome: { reason } }) => [source, reason])).toEqual([
      ["pod/b", "Duplicate"],
      ["pod/a", "Assigned"],
      ["pod/c", "Assigned"],
    ]);
    expect(targets[0]?.outcome).toMatchObject({ survivor: { source: "pod/a" } });
    expect(targets.map(({ duplicates }) => duplicates.map(({ source }) => source))).toEqual([[], ["pod/b"], []]);
  });

  it("tells equal targets of one group apart by their places: exactly one of them counts", () => {
    const { targets } = explain({ groups: [group("g", ["1:1", "1:1", "1:1"])] });
    expect(targets.map(({ outcome: { reason } }) => reason).toSorted()).toEqual(["Assigned", "Duplicate", "Duplicate"]);
  });

  it("finds duplicates also among targets that are not asked for", () => {
    const groups = [group("pod/a", ["1:1"]), group("pod/b", ["1:1"], { __meta_pod: "b" })];
    const found = explain({ groups, selects: ({ groupLabels }) => groupLabels.values.includes("b") });
    expect([found.searched, found.matched]).toEqual([2, 1]);
    expect(only(found).outcome).toMatchObject({ reason: "Duplicate", survivor: { source: "pod/a" } });
  });

  it.each<{ name: string; world: Omit<World, "groups">; labels?: Readonly<Record<string, string>>; want: string }>([
    { name: "there are no collectors", world: { collectors: [] }, want: "NoCollectors" },
    {
      name: "no collector runs on its node",
      world: { strategy: "per-node" },
      labels: { __meta_kubernetes_node_name: "node-9" },
      want: "NoCollectorOnNode",
    },
    { name: "its node is not known", world: { strategy: "per-node" }, want: "NodeUnknown" },
    {
      name: "no collector runs on its node, which no fallback helps",
      world: { strategy: "per-node", fallback: "consistent-hashing" },
      labels: { __meta_kubernetes_node_name: "node-9" },
      want: "NoCollectorOnNode",
    },
  ])("says that a target is nobody's because $name", ({ world, labels = {}, want }) => {
    expect(only(explain({ ...world, groups: [group("g", ["1:1"], labels)] })).outcome).toEqual({ reason: want });
  });

  it.each<{ strategy: string; fallback?: string; labels?: Readonly<Record<string, string>>; want: object }>([
    { strategy: "rendezvous", want: { ownerReason: "Hash", strategy: "rendezvous" } },
    { strategy: "least-weighted", want: { ownerReason: "Load", strategy: "least-weighted" } },
    { strategy: "weighted", want: { ownerReason: "Load", strategy: "weighted" } },
    {
      strategy: "per-node",
      labels: { __meta_kubernetes_node_name: "node-1" },
      want: { ownerReason: "SameNode", strategy: "per-node", collector: "collector-1" },
    },
    { strategy: "per-node", fallback: "rendezvous", want: { ownerReason: "Hash", strategy: "rendezvous" } },
  ])("says why a collector has a target: $strategy $fallback", ({ strategy, fallback = "", labels = {}, want }) => {
    const { outcome } = only(explain({ strategy, fallback, groups: [group("g", ["1:1"], labels)] }));
    expect(outcome).toMatchObject({ reason: "Assigned", ...want });
  });

  it("has a reason of its own for every strategy", () => {
    const reasons = STRATEGY_NAMES.map((strategy) => {
      const groups = [group("g", ["1:1"], { __meta_kubernetes_node_name: "node-1" })];
      const { outcome } = only(explain({ strategy, groups }));
      return outcome.reason === "Assigned" ? outcome.ownerReason : outcome.reason;
    });
    expect(reasons).not.toContain("Strategy");
  });

  it("does not take a target for unassigned that the result is too old for", () => {
    const { targets } = explain({ groups: [], later: [group("g", ["1:1"])] });
    expect(targets.map(({ outcome }) => outcome)).toEqual([{ reason: "NotAllocatedYet" }]);
  });

  it("survives rules that break off, which are the engine's fault", () => {
    const definition = job();
    const broken = { ...definition, relabel: { rules: [], run: failing, trace: failing } };
    const work = explainTargets({
      definition: broken,
      strategy: { name: "consistent-hashing", fallback: "" },
      sources: [{ provider: "p", groups: [group("g", ["1:1"])] }],
      snapshot: createAllocator().snapshot(),
      selects: () => true,
      limit: 1,
    });
    const step = work.next();
    if (step.done !== true) throw new Error("not done");
    expect(only(step.value)).toMatchObject({ outcome: { reason: "RelabellingFailed" }, trace: { steps: [] } });
  });

  it("seeds and runs nothing where relabelling is switched off", () => {
    const groups = [group("g", ["1:1"], { __meta_phase: "Pending" })];
    const { trace, outcome } = only(explain({ groups, fields: { rules: [drop], filtering: false } }));
    expect(trace.steps).toEqual([]);
    expect(trace.final === undefined ? {} : toRecord(trace.final)).toEqual({
      __address__: "1:1",
      __meta_phase: "Pending",
    });
    expect(outcome.reason).toBe("Assigned");
  });

  it("explains no more than asked for, counts all, and yields while it looks at many", () => {
    const addresses = Array.from({ length: 5_000 }, (_, i) => `10.0.${String(i >> 8)}.${String(i & 255)}:80`);
    const { searched, matched, targets, slices } = explain({ groups: [group("g", addresses)], limit: 2 });
    expect([searched, matched, targets.length]).toEqual([5_000, 5_000, 2]);
    expect(slices).toBeGreaterThan(20);
  });

  it("agrees with the snapshot about every target, whatever the rules and the labels", () => {
    const value = fc.constantFrom("a", "b", "");
    const labels = fc.record({ __address__: fc.constantFrom("1:1", "2:2", "3:3"), __meta_pod: value, x: value });
    const rules = fc.subarray([
      rename,
      rule({ action: "labeldrop", regex: "x" }),
      rule({ action: "drop", sourceLabels: ["x"], regex: "b" }),
    ]);
    const world = fc.record({
      groups: fc.array(fc.array(labels, { maxLength: 6 }), { maxLength: 4 }),
      rules,
      count: fc.nat({ max: 3 }),
    });
    fc.assert(
      fc.property(world, ({ groups, rules: used, count }) => {
        const known = groups.map((targets, i) => group(`g${String(i)}`, targets));
        const definition = job({ rules: used });
        const allocator = createAllocator();
        allocator.setJobs([definition]);
        allocator.setCollectors(collectors(count));
        allocator.updateGroups("job", "p", known);
        const { counts } = settled(allocator).jobs.get("job") ?? { counts: undefined };
        const { targets } = explain({ groups: known, fields: { rules: used }, collectors: collectors(count) });
        const reasons = targets.map(({ outcome: { reason } }) => reason);
        const having = (...wanted: readonly string[]): number => reasons.filter((one) => wanted.includes(one)).length;
        expect({
          discovered: targets.length,
          dropped: having("DroppedByRule"),
          duplicates: having("Duplicate"),
          assigned: having("Assigned"),
          unassigned: having("NoCollectors"),
        }).toEqual(counts);
      }),
    );
  });
});

function failing(): never {
  throw new Error("stack overflow");
}
