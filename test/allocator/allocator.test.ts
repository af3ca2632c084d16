import { describe, expect, it } from "@jest/globals";
import type { Allocator } from "../../src/allocator/allocator.ts";
import type { AllocationCounters } from "../../src/allocator/counters.ts";
import { leastWeighted } from "../../src/allocator/strategies/least-weighted.ts";
import { perNode } from "../../src/allocator/strategies/per-node.ts";
import type { TargetGroup } from "../../src/allocator/targets/target-group.ts";
import {
  addressesOf,
  collectors,
  createAllocator,
  group,
  job,
  ownersOf,
  rule,
  settled,
  viewOf,
} from "../support/allocations.ts";

const addresses = (count: number, first = 0): string[] =>
  Array.from({ length: count }, (_, i) => `10.0.${Math.floor((first + i) / 250)}.${(first + i) % 250}:9100`);

/** Groups of five targets each, as discovery reports a busy cluster. */
function groupsOfFive(count: number): TargetGroup[] {
  return Array.from({ length: count }, (_, i) => group(`pod/${i}`, addresses(5, 5 * i), { __meta_pod: `pod-${i}` }));
}

/** What a change costs, without what it does not. */
function costOf(allocator: Allocator, change: () => void): Partial<AllocationCounters> {
  const before = { ...allocator.counters };
  change();
  settled(allocator);
  const costs = Object.entries(allocator.counters).map(
    ([name, count]) => [name, Number(count) - before[name as keyof AllocationCounters]] as const,
  );
  return Object.fromEntries(costs.filter(([, cost]) => cost !== 0));
}

function withGroups(groups: readonly TargetGroup[], options: Parameters<typeof createAllocator>[0] = {}): Allocator {
  const allocator = createAllocator(options);
  allocator.setJobs([job()]);
  allocator.updateGroups("job", "p", groups);
  allocator.setCollectors(collectors(10));
  settled(allocator);
  return allocator;
}

const servedPorts = (allocator: Allocator): string[] => [...ownersOf(settled(allocator)).keys()];

function fail(): never {
  throw new Error("no such rule");
}

describe("Allocator", () => {
  it("tells whose targets it works on, of jobs that have changed", () => {
    const told: (string | undefined)[] = [];
    const allocator = createAllocator({ onJob: (name) => told.push(name) });
    allocator.setJobs([job({ name: "a" }), job({ name: "b" }), job({ name: "c" })]);
    allocator.updateGroups("a", "p", [group("g", addresses(1))]);
    allocator.updateGroups("b", "p", [group("g", addresses(1))]);
    allocator.updateGroups("b", "q", [group("g", addresses(1))]);
    settled(allocator);
    expect(told).toEqual(["a", undefined, "b", undefined]);
    allocator.setJobs([job({ name: "a" }), job({ name: "b", rules: [rule({ targetLabel: "x", replacement: "y" })] })]);
    settled(allocator);
    expect(told.slice(4)).toEqual(["b", undefined]);
  });

  it("has an empty snapshot until the first pass", () => {
    const allocator = createAllocator();
    expect(allocator.dirty).toBe(false);
    expect(allocator.snapshot()).toMatchObject({ version: 0, collectors: [] });
    allocator.setJobs([job()]);
    expect(allocator.dirty).toBe(true);
    expect(allocator.snapshot().version).toBe(0);
  });

  it("lists every configured job, by name, also one without targets", () => {
    const allocator = createAllocator();
    allocator.setJobs(["b", "Z", "a"].map((name) => job({ name })));
    expect([...settled(allocator).jobs.keys()]).toEqual(["Z", "a", "b"]);
  });

  it("counts why targets of a job are not served", () => {
    const allocator = createAllocator();
    const rules = [
      rule({ sourceLabels: ["__address__"], regex: "drop.*", action: "drop" }),
      rule({ regex: "port", action: "labeldrop" }),
    ];
    allocator.setJobs([job({ rules })]);
    const found = ["drop-me", { __address__: "a", port: "1" }, { __address__: "a", port: "2" }, "b"];
    allocator.updateGroups("job", "p", [group("0", found)]);
    allocator.setCollectors(collectors(1));
    expect(settled(allocator).jobs.get("job")?.counts).toEqual({
      discovered: 4,
      dropped: 1,
      duplicates: 1,
      assigned: 2,
      unassigned: 0,
    });
  });

  it("serves labels as they were discovered, without seeds and without what rules did", () => {
    const allocator = createAllocator();
    const rules = [rule({ targetLabel: "added", replacement: "1" }), rule({ regex: "env", action: "labeldrop" })];
    allocator.setJobs([job({ rules })]);
    allocator.updateGroups("job", "p", [group("0", [{ __address__: "a:1", empty: "" }], { env: "x" })]);
    allocator.setCollectors(collectors(1));
    expect(viewOf(settled(allocator))).toMatchObject({
      jobs: [
        {
          byCollector: [["collector-0", [{ address: "a:1", labels: { __address__: "a:1", empty: "", env: "x" } }]]],
        },
      ],
    });
  });

  it("shows of a target its labels and its address, and nothing of the engine", () => {
    const found = withGroups([group("0", ["a:1"])])
      .snapshot()
      .jobs.get("job")
      ?.byCollector.values()
      .next().value;
    expect(Object.keys(found?.targets[0] ?? {})).toEqual(["groupLabels", "ownLabels", "address"]);
  });

  it("gives a target whose address comes from its group an empty address", () => {
    const allocator = withGroups([group("0", [{ path: "/x" }], { __address__: "a:1" })]);
    expect(addressesOf(allocator.snapshot(), "job", "collector-0")).toEqual([]);
    expect([...ownersOf(allocator.snapshot()).keys()]).toEqual([""]);
  });
});

describe("the cost of a change", () => {
  const groups = groupsOfFive(2000);

  it("is the changed targets for a changed group among 10,000 targets", () => {
    const allocator = withGroups(groups);
    const changed = group("pod/7", addresses(5, 35), { __meta_pod: "restarted" });
    const cost = costOf(allocator, () => allocator.updateGroups("job", "p", [changed]));
    expect(cost).toMatchObject({ targetsProcessed: 5, relabelled: 5 });
    expect(cost.moved).toBeUndefined();
    expect(cost.placed).toBeUndefined();
    expect(cost.shardsPublished).toBeLessThanOrEqual(5);
  });

  it("is one target for one target more in a large group", () => {
    const allocator = withGroups([group("0", addresses(1000))]);
    const [first = "", ...rest] = addresses(1000);
    const cost = costOf(allocator, () => allocator.updateGroups("job", "p", [group("0", [first, "new:1", ...rest])]));
    expect(cost).toEqual({ targetsProcessed: 1, relabelled: 1, placed: 1, shardsPublished: 1 });
  });

  it("is nothing for groups that are reported again as they were", () => {
    const allocator = withGroups(groups);
    const before = allocator.snapshot();
    expect(costOf(allocator, () => allocator.updateGroups("job", "p", groupsOfFive(2000)))).toEqual({
      groupsUnchanged: 2000,
    });
    expect(allocator.snapshot()).toBe(before);
  });

  it("is nothing for a provider that is removed and reports the same again before the next pass", () => {
    const allocator = withGroups(groups);
    const before = allocator.snapshot();
    const cost = costOf(allocator, () => {
      allocator.removeProvider("job", "p");
      allocator.updateGroups("job", "p", groupsOfFive(2000));
    });
    expect(cost).toEqual({ groupsUnchanged: 2000 });
    expect(allocator.snapshot()).toBe(before);
  });

  it("is nothing for equal jobs and equal collectors", () => {
    const allocator = withGroups(groups);
    const before = allocator.snapshot();
    const cost = costOf(allocator, () => {
      allocator.setJobs([job()]);
      allocator.setCollectors(collectors(10).toReversed());
    });
    expect(cost).toEqual({});
    expect(allocator.snapshot()).toBe(before);
  });

  it("is one job for changed rules, and its shards stay the objects they are when the rules drop nothing else", () => {
    const allocator = createAllocator();
    allocator.setJobs([job({ name: "a" }), job({ name: "b" })]);
    for (const name of ["a", "b"]) allocator.updateGroups(name, "p", groupsOfFive(20));
    allocator.setCollectors(collectors(3));
    const before = settled(allocator);
    const harmless = rule({ sourceLabels: ["__address__"], regex: "nothing", action: "drop" });
    const cost = costOf(allocator, () =>
      allocator.setJobs([job({ name: "a" }), job({ name: "b", rules: [harmless] })]),
    );
    expect(cost).toEqual({ targetsProcessed: 100, relabelled: 100 });
    expect(allocator.snapshot()).toBe(before);
  });

  it("is the targets of a partition that changes hands for another collector, and nothing is processed", () => {
    const allocator = withGroups(groups);
    const before = ownersOf(allocator.snapshot());
    const cost = costOf(allocator, () => allocator.setCollectors(collectors(11)));
    const after = ownersOf(allocator.snapshot());
    const moved = [...after].filter(([address, owner]) => before.get(address) !== owner);
    expect(cost).toEqual({ moved: moved.length, shardsPublished: cost.shardsPublished });
    expect(moved.length).toBeLessThan(2500);
  });

  it("leaves shards and jobs that it does not concern the objects they are", () => {
    const allocator = createAllocator();
    allocator.setJobs([job({ name: "a" }), job({ name: "b" })]);
    for (const name of ["a", "b"]) allocator.updateGroups(name, "p", groupsOfFive(20));
    allocator.setCollectors(collectors(3));
    const before = settled(allocator);
    allocator.updateGroups("b", "p", [group("new", ["new:1"])]);
    const after = settled(allocator);
    const owner = ownersOf(after, "b").get("new:1");
    expect(after.version).toBe(before.version + 1);
    expect(after.jobs.get("a")).toBe(before.jobs.get("a"));
    const changed = [...(after.jobs.get("b")?.byCollector ?? [])].filter(
      ([name, shard]) => shard !== before.jobs.get("b")?.byCollector.get(name),
    );
    expect(changed.map(([name]) => name)).toEqual([owner]);
  });

  it("is no new shard for targets that come back as they were in another group", () => {
    const allocator = withGroups(groupsOfFive(20));
    const before = allocator.snapshot();
    const renamed = groupsOfFive(20).map(({ source, labels, targets }) => ({
      source: `new/${source}`,
      labels,
      targets,
    }));
    const cost = costOf(allocator, () => {
      allocator.removeProvider("job", "p");
      allocator.updateGroups("job", "p", renamed);
    });
    expect(cost).toEqual({ targetsProcessed: 100, relabelled: 100 });
    expect(allocator.snapshot()).toBe(before);
  });
});

describe("work", () => {
  it("yields at least every 250 targets, and shows nothing before it is done", () => {
    const allocator = createAllocator();
    allocator.setJobs([job()]);
    allocator.setCollectors(collectors(3));
    allocator.updateGroups("job", "p", [group("0", addresses(2500))]);
    const pass = allocator.work();
    let processed = 0;
    let yields = 0;
    for (let step = pass.next(); step.done !== true; step = pass.next()) {
      expect(allocator.counters.targetsProcessed - processed).toBeLessThanOrEqual(250);
      expect(allocator.snapshot().version).toBe(0);
      expect(allocator.dirty).toBe(true);
      processed = allocator.counters.targetsProcessed;
      yields++;
    }
    expect(yields).toBeGreaterThanOrEqual(10);
    expect(allocator.snapshot().version).toBe(1);
    expect(allocator.dirty).toBe(false);
  });

  it("leaves what arrives meanwhile to the next pass", () => {
    const allocator = createAllocator();
    allocator.setJobs([job()]);
    allocator.updateGroups("job", "p", [group("0", addresses(1000))]);
    const pass = allocator.work();
    pass.next();
    allocator.setCollectors(collectors(1));
    allocator.updateGroups("job", "p", [group("0", [])]);
    let step = pass.next();
    while (step.done !== true) step = pass.next();
    expect(step.value.jobs.get("job")?.counts).toMatchObject({ discovered: 1000, unassigned: 1000 });
    expect(allocator.dirty).toBe(true);
    expect(settled(allocator).jobs.get("job")?.counts.discovered).toBe(0);
  });

  it("goes on with a pass that was left in the middle", () => {
    const allocator = createAllocator();
    allocator.setJobs([job()]);
    allocator.setCollectors(collectors(3));
    allocator.updateGroups("job", "p", [group("0", addresses(1000))]);
    const left = allocator.work();
    left.next();
    left.return(allocator.snapshot());
    expect(allocator.dirty).toBe(true);
    expect(settled(allocator).jobs.get("job")?.counts.assigned).toBe(1000);
    expect(allocator.counters.targetsProcessed).toBe(1000);
  });

  it("keeps the places of targets behind one that comes, also where rules drop some of them", () => {
    const allocator = createAllocator();
    allocator.setJobs([job({ rules: [rule({ sourceLabels: ["__address__"], regex: "b:.*", action: "drop" })] })]);
    allocator.setCollectors(collectors(1));
    allocator.updateGroups("job", "p", [group("0", ["a:1", "b:1", "c:1"])]);
    settled(allocator);
    const before = allocator.counters.targetsProcessed;
    allocator.updateGroups("job", "p", [group("0", ["0:1", "a:1", "b:1", "c:1"])]);
    expect(addressesOf(settled(allocator), "job", "collector-0")).toEqual(["0:1", "a:1", "c:1"]);
    expect(allocator.counters.targetsProcessed - before).toBe(1);
  });

  it("can be driven by two callers", () => {
    const allocator = createAllocator();
    allocator.setJobs([job()]);
    allocator.updateGroups("job", "p", [group("0", addresses(1000))]);
    const [one, two] = [allocator.work(), allocator.work()];
    one.next();
    two.next();
    settled(allocator);
    expect(one.next()).toEqual({ done: true, value: allocator.snapshot() });
    expect(two.next()).toEqual({ done: true, value: allocator.snapshot() });
  });

  it("does nothing when nothing was noted", () => {
    const allocator = createAllocator();
    expect(allocator.work().next()).toEqual({ done: true, value: allocator.snapshot() });
  });

  it("drops and counts a target on which rules fail, and serves all others", () => {
    const allocator = createAllocator();
    const broken = { ...job({ name: "broken" }), relabel: { rules: [], run: fail, trace: fail } };
    allocator.setJobs([broken, job()]);
    for (const name of ["broken", "job"]) allocator.updateGroups(name, "p", [group("0", ["a:1"])]);
    const { jobs } = settled(allocator);
    expect(jobs.get("broken")?.counts).toMatchObject({ dropped: 1 });
    expect(jobs.get("job")?.counts).toMatchObject({ unassigned: 1 });
    expect(allocator.counters.relabelFailures).toBe(1);
  });
});

describe("jobs and providers", () => {
  it("lose their targets when they go, and only theirs", () => {
    const allocator = createAllocator();
    allocator.setJobs([job({ name: "a" }), job({ name: "b" })]);
    allocator.setCollectors(collectors(1));
    allocator.updateGroups("a", "p", [group("0", ["a:1"])]);
    allocator.updateGroups("b", "p", [group("0", ["b:1"])]);
    allocator.updateGroups("b", "q", [group("0", ["b:2"])]);
    settled(allocator);
    allocator.setJobs([job({ name: "b" })]);
    allocator.removeProvider("b", "p");
    const snapshot = settled(allocator);
    expect([...snapshot.jobs.keys()]).toEqual(["b"]);
    expect(addressesOf(snapshot, "b", "collector-0")).toEqual(["b:2"]);
    expect(snapshot.targetsByCollector.get("collector-0")).toBe(1);
  });

  it("do not come back with the targets of a job of the same name that went", () => {
    const allocator = withGroups([group("0", ["a:1"])]);
    allocator.setJobs([]);
    settled(allocator);
    allocator.setJobs([job()]);
    expect(settled(allocator).jobs.get("job")?.counts.discovered).toBe(0);
    allocator.updateGroups("job", "p", [group("0", ["a:2"])]);
    expect([...ownersOf(settled(allocator)).keys()]).toEqual(["a:2"]);
  });

  it("are kept apart: sources of two providers may have equal names", () => {
    const allocator = withGroups([group("0", ["a:1"])]);
    allocator.updateGroups("job", "q", [group("0", ["a:2"])]);
    settled(allocator);
    allocator.updateGroups("job", "p", [group("0", [])]);
    expect([...ownersOf(settled(allocator)).keys()]).toEqual(["a:2"]);
  });

  it("that are unknown when a pass begins are ignored", () => {
    const allocator = createAllocator();
    allocator.updateGroups("nobody", "p", [group("0", ["a:1"])]);
    settled(allocator);
    allocator.setJobs([job({ name: "nobody" })]);
    expect(settled(allocator).jobs.get("nobody")?.counts.discovered).toBe(0);
  });
});

describe("identity", () => {
  /** Three ports of one pod that a rule leads to one address. */
  const ports = ["8080", "9090", "9100"].map((port) => ({ __address__: `10.0.0.1:${port}`, __meta_port: port }));
  const onePort = rule({
    sourceLabels: ["__address__"],
    regex: "([^:]+):.*",
    targetLabel: "__address__",
    replacement: "$1:9102",
  });

  it("makes one target of several that rules lead to the same labels; the last of a group is served", () => {
    const allocator = withGroups([], {});
    allocator.setJobs([job({ rules: [onePort] })]);
    allocator.updateGroups("job", "p", [group("pod", ports)]);
    expect(servedPorts(allocator)).toEqual(["10.0.0.1:9100"]);
    expect(allocator.counters.deduplicated).toBe(2);
  });

  it("serves the first in canonical order of several groups, whatever order they come in", () => {
    for (const order of [
      [0, 1, 2],
      [2, 0, 1],
    ]) {
      const allocator = withGroups([]);
      allocator.setJobs([job({ rules: [onePort] })]);
      allocator.updateGroups(
        "job",
        "p",
        order.map((i) => group(`pod/${i}`, [ports[i] ?? ""])),
      );
      expect(servedPorts(allocator)).toEqual(["10.0.0.1:8080"]);
    }
  });

  it("lets the next one be served when the one that was goes, on the same collector with sticky placement", () => {
    const allocator = withGroups([], { strategy: leastWeighted() });
    allocator.setJobs([job({ rules: [onePort] })]);
    allocator.updateGroups(
      "job",
      "p",
      ports.map((port, i) => group(`pod/${i}`, [port])),
    );
    const [before] = ownersOf(settled(allocator)).values();
    allocator.updateGroups("job", "p", [group("pod/0", [])]);
    expect([...ownersOf(settled(allocator))]).toEqual([["10.0.0.1:9090", before]]);
    expect(allocator.counters.moved).toBe(0);
  });

  it("moves from group to group without losing its collector", () => {
    const allocator = withGroups([group("a", ["x:1", "y:1"])], { strategy: leastWeighted() });
    const before = ownersOf(allocator.snapshot());
    allocator.updateGroups("job", "p", [group("a", []), group("b", ["y:1", "x:1"])]);
    expect(ownersOf(settled(allocator))).toEqual(before);
    expect(allocator.counters.moved).toBe(0);
  });

  it("lets others work while it chooses among very many equal targets", () => {
    const allocator = withGroups([]);
    const before = allocator.counters.targetsProcessed;
    allocator.updateGroups(
      "job",
      "p",
      Array.from({ length: 5000 }, (_, i) => group(`pod/${i}`, [{ __address__: "same:1", __meta_pod: `pod-${i}` }])),
    );
    const pass = allocator.work();
    while (allocator.counters.targetsProcessed - before < 5000) pass.next();
    // Everything is processed; what is left is to choose one of 5,000.
    let yields = 0;
    for (let step = pass.next(); step.done !== true; step = pass.next()) yields++;
    expect(yields).toBeGreaterThanOrEqual(5);
    expect(allocator.snapshot().jobs.get("job")?.counts).toMatchObject({ assigned: 1, duplicates: 4999 });
  });

  it("does not depend on whether a label was discovered or set by a rule", () => {
    const allocator = withGroups([]);
    const rules = [rule({ sourceLabels: ["__meta_team"], regex: "(.+)", targetLabel: "team" })];
    allocator.setJobs([job({ rules })]);
    const found = [
      { __address__: "a:1", team: "web" },
      { __address__: "a:1", __meta_team: "web" },
    ];
    allocator.updateGroups("job", "p", [group("0", found)]);
    expect(settled(allocator).jobs.get("job")?.counts).toMatchObject({ duplicates: 1, assigned: 1 });
  });

  it("ignores meta labels with filtering, and counts them without", () => {
    const found = [
      group(
        "0",
        ["1", "2"].map((port) => ({ __address__: "a:1", __meta_port: port })),
      ),
    ];
    const filtered = withGroups(found);
    expect(filtered.snapshot().jobs.get("job")?.counts).toMatchObject({ duplicates: 1, assigned: 1 });
    const all = withGroups([]);
    all.setJobs([job({ filtering: false, rules: [rule({ regex: ".*", action: "drop" })] })]);
    all.updateGroups("job", "p", found);
    expect(settled(all).jobs.get("job")?.counts).toMatchObject({ dropped: 0, duplicates: 0, assigned: 2 });
    expect(all.counters.relabelled).toBe(0);
  });

  it.each<[string, Record<string, string>, Record<string, string>]>([
    ["whose texts joined are equal", { __address__: "a", b: "c" }, { __address__: "ab", c: "" }],
    ["that swap names and values", { __address__: "x", a: "b" }, { __address__: "x", b: "a" }],
    ["that have each other's values", { __address__: "1", a: "2" }, { __address__: "2", a: "1" }],
  ])("keeps targets apart %s", (_name, one, other) => {
    const allocator = withGroups([group("0", [one, other])]);
    expect(allocator.snapshot().jobs.get("job")?.counts.assigned).toBe(2);
  });

  it("keeps targets with one hash apart, counts them, and lets each go by itself", () => {
    const allocator = withGroups([group("0", ["a:1", "b:1"]), group("1", ["c:1", "a:1"])], { identityHash: () => 0 });
    expect([...ownersOf(allocator.snapshot()).keys()].toSorted()).toEqual(["a:1", "b:1", "c:1"]);
    expect(allocator.counters).toMatchObject({ collisions: 2, deduplicated: 1 });
    allocator.updateGroups("job", "p", [group("0", ["b:1"])]);
    expect([...ownersOf(settled(allocator)).keys()].toSorted()).toEqual(["a:1", "b:1", "c:1"]);
    allocator.updateGroups("job", "p", [group("1", [])]);
    expect([...ownersOf(settled(allocator)).keys()]).toEqual(["b:1"]);
  });
});

describe("collectors", () => {
  it("that run on another node under the same name are noticed", () => {
    const allocator = createAllocator({ strategy: perNode });
    allocator.setJobs([job()]);
    allocator.updateGroups("job", "p", [group("0", [{ __address__: "a:1", __meta_kubernetes_node_name: "node-1" }])]);
    allocator.setCollectors([{ name: "c", nodeName: "node-0" }]);
    expect([...ownersOf(settled(allocator))]).toEqual([["a:1", ""]]);
    allocator.setCollectors([{ name: "c", nodeName: "node-1" }]);
    const snapshot = settled(allocator);
    expect([...ownersOf(snapshot)]).toEqual([["a:1", "c"]]);
    expect(snapshot.collectors).toEqual([{ name: "c", nodeName: "node-1" }]);
  });

  it("with one name count once", () => {
    const allocator = withGroups([group("0", ["a:1"])]);
    allocator.setCollectors([
      { name: "c", nodeName: "node-1" },
      { name: "c", nodeName: "node-0" },
    ]);
    expect(settled(allocator).collectors).toEqual([{ name: "c", nodeName: "node-0" }]);
  });
});
