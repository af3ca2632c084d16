import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import type { Allocator } from "../../../src/allocator/allocator.ts";
import { withFallback } from "../../../src/allocator/strategies/fallback.ts";
import { perNode } from "../../../src/allocator/strategies/per-node.ts";
import { createStrategy } from "../../../src/allocator/strategies/registry.ts";
import { rendezvous, type RendezvousKey } from "../../../src/allocator/strategies/rendezvous.ts";
import type { StrategyFactory } from "../../../src/allocator/strategies/strategy.ts";
import { evennessOf } from "../../support/evenness.ts";
import { collectors, createAllocator, group, job, ownersOf, rule, settled } from "../../support/allocations.ts";

const urls = (count: number, first = 0): string[] => Array.from({ length: count }, (_, i) => `test-url-${first + i}`);

function start(targets: readonly string[], count: number, key: RendezvousKey = "address"): Allocator {
  const allocator = createAllocator({ strategy: rendezvous(key) });
  allocator.setJobs([job()]);
  allocator.updateGroups("job", "p", [group("0", targets)]);
  allocator.setCollectors(collectors(count));
  settled(allocator);
  return allocator;
}

describe("rendezvous", () => {
  it.each<[number, number, number]>([
    [10_000, 10, 0.08],
    [100_000, 10, 0.025],
    [100_000, 50, 0.07],
  ])("of %i targets gives each of %i collectors within %d of the mean", (targets, count, within) => {
    const { least, most } = evennessOf(start(urls(targets), count).snapshot());
    expect(least).toBeGreaterThan(1 - within);
    expect(most).toBeLessThan(1 + within);
  });

  it("moves one in sixteen of 10,000 targets from 15 to 16 collectors, all of them to the new one", () => {
    const allocator = start(urls(10_000), 15);
    const before = ownersOf(allocator.snapshot());
    allocator.setCollectors(collectors(16));
    const after = settled(allocator);
    expect(allocator.counters.moved).toBe(after.targetsByCollector.get("collector-15"));
    expect(Math.abs(allocator.counters.moved - 625)).toBeLessThan(50);
    const others = [...ownersOf(after)].filter(([, owner]) => owner !== "collector-15");
    expect(others.filter(([address, owner]) => before.get(address) !== owner)).toEqual([]);
  });

  it("processes no target when a collector comes or goes", () => {
    const allocator = start(urls(1000), 5);
    allocator.setCollectors(collectors(6));
    settled(allocator);
    allocator.setCollectors(collectors(4));
    settled(allocator);
    expect(allocator.counters.targetsProcessed).toBe(1000);
  });

  it.each<{ name: string; around: (strategy: StrategyFactory) => StrategyFactory }>([
    { name: "alone", around: (strategy) => strategy },
    { name: "as a fallback", around: (strategy) => withFallback(perNode, strategy) },
  ])("looks at each address once, whatever comes and goes, $name", ({ around }) => {
    const hashed: string[] = [];
    const strategy = rendezvous();
    const hashOf = (key: string): number => {
      hashed.push(key);
      return strategy.hashOf?.(key) ?? 0;
    };
    const allocator = createAllocator({ strategy: around({ ...strategy, hashOf }) });
    allocator.setJobs([job()]);
    allocator.updateGroups("job", "p", [group("0", urls(1000))]);
    for (const count of [5, 6, 3, 9]) {
      allocator.setCollectors(collectors(count));
      settled(allocator);
    }
    expect(ownersOf(allocator.snapshot())).toEqual(ownersOf(start(urls(1000), 9).snapshot()));
    expect(hashed).toHaveLength(1000);
  });

  it("gives the targets of all jobs with one address to one collector", () => {
    const allocator = start([], 5);
    allocator.setJobs([job({ name: "a" }), job({ name: "b" })]);
    for (const name of ["a", "b"]) allocator.updateGroups(name, "p", [group("0", urls(100))]);
    const snapshot = settled(allocator);
    expect(ownersOf(snapshot, "a")).toEqual(ownersOf(snapshot, "b"));
  });

  it("does not look at labels", () => {
    const allocator = start(urls(100), 5);
    const before = ownersOf(allocator.snapshot());
    allocator.updateGroups("job", "p", [group("0", urls(100), { env: "new" })]);
    expect(ownersOf(settled(allocator))).toEqual(before);
  });

  it("gives every target one owner among 1,500 collectors, and nearly all collectors something", () => {
    const { counts, byCollector } = start(urls(30_000), 1500).snapshot().jobs.get("job") ?? {};
    expect(counts).toMatchObject({ assigned: 30_000, unassigned: 0 });
    expect(byCollector?.size).toBe(1500);
  });
});

describe("rendezvous after any scale events", () => {
  /** Sets of collectors, one after the other; also the empty one, and the same set again. */
  const anyEvents = fc.array(fc.uniqueArray(fc.nat({ max: 12 }), { maxLength: 10 }), { minLength: 2, maxLength: 8 });

  it.each<RendezvousKey>(["address", "url"])("moves by %s only what must move", (key) => {
    fc.assert(
      fc.property(anyEvents, fc.integer({ min: 1, max: 300 }), (events, count) => {
        const allocator = start(urls(count), 0, key);
        let last: ReadonlyMap<string, string> = new Map();
        let known = new Set<string>();
        for (const event of events) {
          const names = new Set(event.map((i) => `collector-${i}`));
          allocator.setCollectors([...names].map((name) => ({ name, nodeName: "" })));
          const owners = ownersOf(settled(allocator));
          // Whoever does not stay has lost its collector, or has gone to a new one.
          const needless = [...owners].filter(([address, owner]) => {
            const before = last.get(address) ?? "";
            return before !== owner && names.has(before) && known.has(owner);
          });
          expect(needless).toEqual([]);
          expect([...owners.values()].filter((owner) => owner === "")).toHaveLength(names.size === 0 ? count : 0);
          last = owners;
          known = names;
        }
      }),
      { numRuns: 200 },
    );
  });

  it("gives back to a collector exactly what it had before it went", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), fc.nat(), (count, pick) => {
        const allocator = start(urls(200), count);
        const before = ownersOf(allocator.snapshot());
        const all = collectors(count);
        allocator.setCollectors(all.filter((_, i) => i !== pick % count));
        settled(allocator);
        allocator.setCollectors(all);
        expect(ownersOf(settled(allocator))).toEqual(before);
      }),
    );
  });
});

describe("rendezvous by URL", () => {
  const PROBED = Array.from({ length: 1000 }, (_, i) => `https://site-${i}.example.com`);
  const probes = [
    rule({ sourceLabels: ["__address__"], targetLabel: "__param_target" }),
    rule({ sourceLabels: ["__param_target"], targetLabel: "instance" }),
    rule({ targetLabel: "__address__", replacement: "blackbox:9115" }),
  ];

  function probing(key: RendezvousKey): Allocator {
    const allocator = start([], 10, key);
    allocator.setJobs([job({ rules: probes })]);
    allocator.updateGroups("job", "p", [group("0", PROBED)]);
    settled(allocator);
    return allocator;
  }

  it("spreads what one exporter is asked about a thousand sites", () => {
    const { least, most } = evennessOf(probing("url").snapshot());
    expect(least).toBeGreaterThan(0.75);
    expect(most).toBeLessThan(1.25);
  });

  it("spreads a hundred paths behind one proxy, which all go to one collector by address", () => {
    const paths = Array.from({ length: 100 }, (_, i) => ({
      __address__: "proxy:80",
      __metrics_path__: `/${i}/metrics`,
    }));
    const collectorsUsed = (["address", "url"] as const).map((key) => {
      const allocator = start([], 10, key);
      allocator.updateGroups("job", "p", [group("0", paths)]);
      return settled(allocator).jobs.get("job")?.byCollector.size;
    });
    expect(collectorsUsed).toEqual([1, 10]);
  });

  it("gives targets that relabelling makes equal in URL, but not in labels, to one collector", () => {
    const allocator = start([], 10, "url");
    const rules = [rule({ sourceLabels: ["__address__"], targetLabel: "__address__", replacement: "one:80" })];
    allocator.setJobs([job({ rules })]);
    const found = Array.from({ length: 20 }, (_, i) => ({ __address__: `a:${i}`, env: String(i) }));
    allocator.updateGroups("job", "p", [group("0", found)]);
    expect(settled(allocator).jobs.get("job")).toMatchObject({ counts: { assigned: 20 }, byCollector: { size: 1 } });
  });

  it("follows the URL when the job's rules change it, and stays when they change something else", () => {
    const allocator = probing("url");
    const before = ownersOf(allocator.snapshot());
    allocator.setJobs([job({ rules: [...probes, rule({ targetLabel: "team", replacement: "web" })] })]);
    expect(ownersOf(settled(allocator))).toEqual(before);
    allocator.setJobs([job({ rules: probes.slice(0, 2) })]);
    const fresh = start([], 10, "url");
    fresh.setJobs([job({ rules: probes.slice(0, 2) })]);
    fresh.updateGroups("job", "p", [group("0", PROBED)]);
    expect(ownersOf(settled(allocator))).toEqual(ownersOf(settled(fresh)));
  });

  it("serves as fallback of per-node", () => {
    const allocator = createAllocator({ strategy: createStrategy("per-node", "rendezvous", { key: "url" }) });
    allocator.setJobs([job()]);
    const anywhere = Array.from({ length: 100 }, (_, i) => ({ __address__: "proxy:80", __metrics_path__: `/${i}` }));
    const onNode = { __address__: "a:1", __meta_kubernetes_node_name: "node-2" };
    allocator.updateGroups("job", "p", [group("0", [...anywhere, onNode])]);
    allocator.setCollectors(collectors(4));
    const snapshot = settled(allocator);
    expect(ownersOf(snapshot).get("a:1")).toBe("collector-2");
    expect(snapshot.jobs.get("job")?.byCollector.size).toBe(4);
    allocator.setCollectors(collectors(5));
    const { byCollector } = settled(allocator).jobs.get("job") ?? {};
    expect(byCollector?.get("collector-4")?.targets.length).toBe(allocator.counters.moved);
  });
});
