import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import type { Allocator } from "../../../src/allocator/allocator.ts";
import type { CollectorInstance } from "../../../src/allocator/collector-instance.ts";
import type { StrategySettings } from "../../../src/allocator/strategies/strategy-settings.ts";
import { zoneAware } from "../../../src/allocator/strategies/zone-aware.ts";
import { createAllocator, group, job, ownersOf, settled, viewOf } from "../../support/allocations.ts";

const SLICE_ZONE = "__meta_kubernetes_endpointslice_endpoint_zone";
const NODE_ZONE = "__meta_kubernetes_node_label_topology_kubernetes_io_zone";

/** `a-0`, `a-1` and so on in zone `a`; those of zone "" are called `none-0`. */
function collectorsIn(counts: Readonly<Record<string, number>>): CollectorInstance[] {
  return Object.entries(counts).flatMap(([zone, count]) =>
    Array.from({ length: count }, (_, i) => ({
      name: `${zone === "" ? "none" : zone}-${i}`,
      nodeName: "",
      ...(zone === "" ? {} : { zone }),
    })),
  );
}

/** Targets by zone, addresses `t-a-0` and so on. */
function targetsIn(counts: Readonly<Record<string, number>>, weights: Readonly<Record<string, number>> = {}) {
  const own = Object.entries(counts).flatMap(([zone, count]) =>
    Array.from({ length: count }, (_, i) => {
      const address = `t-${zone}-${i}`;
      return { __address__: address, [SLICE_ZONE]: zone, __meta_weight: String(weights[address] ?? "") };
    }),
  );
  return group("0", own);
}

function start(
  targets: ReturnType<typeof group>,
  collectors: readonly CollectorInstance[],
  settings: StrategySettings = {},
): Allocator {
  const allocator = createAllocator({ strategy: zoneAware({ weightLabels: ["__meta_weight"], ...settings }) });
  allocator.setJobs([job()]);
  allocator.updateGroups("job", "p", [targets]);
  allocator.setCollectors(collectors);
  settled(allocator);
  return allocator;
}

/** How many targets of each zone each collector has: `{ "a-0": { a: 3 } }`. */
function spread(allocator: Allocator): Record<string, Record<string, number>> {
  const found: Record<string, Record<string, number>> = {};
  for (const { name } of allocator.snapshot().collectors) found[name] = {};
  for (const [address, owner] of ownersOf(allocator.snapshot())) {
    const zone = address.split("-")[1] ?? "";
    const of = (found[owner] ??= {});
    of[zone] = (of[zone] ?? 0) + 1;
  }
  return found;
}

/** Targets that are with a collector of another zone, although theirs has collectors. */
function strangers(allocator: Allocator): number {
  const zones = new Map(allocator.snapshot().collectors.map(({ name, zone = "" }) => [name, zone]));
  const served = new Set(zones.values());
  return [...ownersOf(allocator.snapshot())].filter(([address, owner]) => {
    const zone = address.split("-")[1] ?? "";
    return zone !== "" && served.has(zone) && zones.get(owner) !== zone;
  }).length;
}

function balance(allocator: Allocator, limit: number): number[] {
  const moves: number[] = [];
  while (allocator.unbalanced && moves.length < 1000) {
    const before = allocator.counters.balanced;
    allocator.allowMoves(limit);
    settled(allocator);
    moves.push(allocator.counters.balanced - before);
  }
  return moves;
}

describe("zone-aware", () => {
  it("gives targets to collectors of their zone, evenly among those", () => {
    const allocator = start(targetsIn({ a: 20, b: 20, c: 20 }), collectorsIn({ a: 2, b: 2, c: 2 }));
    expect(spread(allocator)).toEqual({
      "a-0": { a: 10 },
      "a-1": { a: 10 },
      "b-0": { b: 10 },
      "b-1": { b: 10 },
      "c-0": { c: 10 },
      "c-1": { c: 10 },
    });
  });

  it("lets no collector of a crowded zone have more than the allowed skew over the mean; the rest goes elsewhere", () => {
    const allocator = start(targetsIn({ a: 80, b: 10, c: 10 }), collectorsIn({ a: 2, b: 2, c: 1 }));
    // The mean is 20, and 24 the most that is allowed.
    const loads = [...allocator.snapshot().targetsByCollector];
    expect(Math.max(...loads.map(([, count]) => count))).toBe(24);
    expect(spread(allocator)["a-0"]).toEqual({ a: 24 });
    expect(spread(allocator)["a-1"]).toEqual({ a: 24 });
    expect(strangers(allocator)).toBe(32);
  });

  it("places what belongs to a zone before what spills into it", () => {
    const allocator = start(targetsIn({ a: 90, z: 24 }), collectorsIn({ a: 1, z: 4 }));
    expect(strangers(allocator)).toBe(90 - Math.floor((114 / 5) * 1.2));
  });

  it.each<[string, Readonly<Record<string, string>>, StrategySettings, string]>([
    ["the zone of the endpoint", { [SLICE_ZONE]: "a", [NODE_ZONE]: "b" }, {}, "a-0"],
    ["else the zone of its node", { [SLICE_ZONE]: "", [NODE_ZONE]: "b" }, {}, "b-0"],
    ["a label that was chosen instead", { [SLICE_ZONE]: "a", rack: "b" }, { zoneLabels: ["rack"] }, "b-0"],
    ["the first of several that has a value", { site: "b" }, { zoneLabels: ["rack", "site"] }, "b-0"],
  ])("goes by %s", (_name, labels, settings, want) => {
    const allocator = start(group("0", [{ __address__: "t", ...labels }]), collectorsIn({ a: 1, b: 1 }), settings);
    expect([...ownersOf(allocator.snapshot()).values()]).toEqual([want]);
  });

  it("gives targets of no zone, or of one without collectors, to whoever has least, after all others", () => {
    const allocator = start(targetsIn({ "": 10, x: 10, a: 8, b: 2 }), collectorsIn({ a: 1, b: 1 }));
    expect([...allocator.snapshot().targetsByCollector.values()]).toEqual([15, 15]);
    expect(spread(allocator)["a-0"]?.["a"]).toBe(8);
    expect(spread(allocator)["b-0"]?.["b"]).toBe(2);
  });

  it("gives collectors of no zone only what no zone has room for", () => {
    const allocator = start(targetsIn({ a: 30, "": 6 }), collectorsIn({ a: 2, "": 1 }));
    expect(spread(allocator)).toEqual({ "a-0": { a: 14 }, "a-1": { a: 14 }, "none-0": { a: 2, "": 6 } });
  });

  it("spreads by weight alone where no zone is known", () => {
    const allocator = start(targetsIn({ a: 15, b: 15 }), collectorsIn({ "": 3 }));
    expect([...allocator.snapshot().targetsByCollector.values()]).toEqual([10, 10, 10]);
  });

  it("weighs targets", () => {
    const allocator = start(targetsIn({ a: 11 }, { "t-a-0": 10 }), collectorsIn({ a: 2 }));
    expect(spread(allocator)).toEqual({ "a-0": { a: 1 }, "a-1": { a: 10 } });
  });

  it("keeps a target that is heavier than a collector's share in its zone", () => {
    const allocator = start(targetsIn({ a: 1, b: 4 }, { "t-a-0": 100 }), collectorsIn({ a: 1, b: 2 }));
    expect(spread(allocator)["a-0"]).toEqual({ a: 1 });
  });

  it("moves only the targets of a collector that went, and keeps them in their zone", () => {
    const allocator = start(targetsIn({ a: 30, b: 30 }), collectorsIn({ a: 3, b: 3 }), { maxSkew: 2 });
    const before = ownersOf(allocator.snapshot());
    allocator.setCollectors(collectorsIn({ a: 2, b: 3 }));
    const after = ownersOf(settled(allocator));
    const moved = [...after].filter(([address, owner]) => before.get(address) !== owner);
    expect(moved).toHaveLength(10);
    expect(moved.map(([address]) => before.get(address))).toEqual(moved.map(() => "a-2"));
    expect(strangers(allocator)).toBe(0);
  });

  it("moves nothing when a collector joins, until moves are allowed; then its zone gives it its share", () => {
    const allocator = start(targetsIn({ a: 40, b: 40 }), collectorsIn({ a: 3, b: 3 }), { maxSkew: 2 });
    allocator.setCollectors(collectorsIn({ a: 4, b: 3 }));
    settled(allocator);
    expect(allocator.counters.moved).toBe(0);
    expect(Math.max(...balance(allocator, 3))).toBe(3);
    expect(spread(allocator)["a-3"]?.["a"]).toBeGreaterThan(8);
    expect(allocator.counters.moved).toBeLessThanOrEqual(12);
    expect(strangers(allocator)).toBe(0);
  });

  it("brings targets home when their zone has room again", () => {
    const allocator = start(targetsIn({ a: 80, b: 20 }), collectorsIn({ a: 1, b: 4 }));
    expect(strangers(allocator)).toBe(56);
    allocator.setCollectors(collectorsIn({ a: 4, b: 4 }));
    settled(allocator);
    balance(allocator, 10);
    expect(strangers(allocator)).toBe(20);
    expect(Math.max(...allocator.snapshot().targetsByCollector.values())).toBeLessThanOrEqual((100 / 8) * 1.2);
  });

  it("moves what is beyond the skew to other zones", () => {
    const allocator = start(targetsIn({ a: 60 }), collectorsIn({ a: 2 }));
    allocator.setCollectors(collectorsIn({ a: 2, b: 2 }));
    settled(allocator);
    balance(allocator, 100);
    expect([...allocator.snapshot().targetsByCollector.values()]).toEqual([18, 18, 12, 12]);
  });

  it("leaves targets where they are when the zones of collectors become known, until moves are allowed", () => {
    const known = collectorsIn({ a: 2, b: 2 });
    const unknown = known.map(({ name, nodeName }) => ({ name, nodeName }));
    const allocator = start(targetsIn({ a: 20, b: 20 }), unknown);
    allocator.setCollectors(known);
    settled(allocator);
    expect(allocator.counters.moved).toBe(0);
    expect(allocator.snapshot().collectors).toEqual(known);
    balance(allocator, 100);
    expect(strangers(allocator)).toBe(0);
  });
});

describe("zone-aware after any history", () => {
  const anyCounts = fc.dictionary(fc.constantFrom("", "a", "b", "c"), fc.nat({ max: 40 }), { noNullPrototype: true });
  const anyCollectors = fc.dictionary(fc.constantFrom("", "a", "b", "c"), fc.nat({ max: 4 }), {
    noNullPrototype: true,
  });
  const anyStep = fc.record({ targets: anyCounts, collectors: anyCollectors, moves: fc.nat({ max: 20 }) });

  it("assigns every target, moves at most what is allowed and what lost its collector, and comes to rest", () => {
    fc.assert(
      fc.property(fc.array(anyStep, { minLength: 1, maxLength: 6 }), (steps) => {
        const allocator = start(targetsIn({}), []);
        for (const { targets, collectors, moves } of steps) {
          const before = ownersOf(allocator.snapshot());
          const instances = collectorsIn(collectors);
          const names = new Set(instances.map(({ name }) => name));
          allocator.updateGroups("job", "p", [targetsIn(targets)]);
          allocator.setCollectors(instances);
          allocator.allowMoves(moves);
          const after = ownersOf(settled(allocator));
          expect([...after.values()].every((owner) => names.has(owner) === names.size > 0)).toBe(true);
          const moved = [...after].filter(([address, owner]) => {
            const had = before.get(address) ?? "";
            return names.has(had) && had !== owner;
          });
          expect(moved.length).toBeLessThanOrEqual(moves);
        }
        balance(allocator, 7);
        expect(allocator.unbalanced).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  it("keeps the skew: at rest nobody has more than is allowed, but for the granularity of one target", () => {
    fc.assert(
      fc.property(anyCounts, anyCollectors, anyCollectors, (targets, first, second) => {
        const allocator = start(targetsIn(targets), collectorsIn(first));
        const instances = collectorsIn(second);
        allocator.setCollectors(instances);
        settled(allocator);
        balance(allocator, 50);
        const loads = [...allocator.snapshot().targetsByCollector.values()];
        const mean = loads.reduce((sum, load) => sum + load, 0) / loads.length;
        // Moves begin a twentieth beyond the limit.
        expect(Math.max(0, ...loads)).toBeLessThanOrEqual(Math.max(mean * 1.2 * 1.05, mean + 1) || 0);
      }),
      { numRuns: 300 },
    );
  });

  it("is the same for the same history", () => {
    fc.assert(
      fc.property(fc.array(anyStep, { minLength: 1, maxLength: 4 }), (steps) => {
        const views = [false, true].map((reversed) => {
          const allocator = start(targetsIn({}), []);
          for (const { targets, collectors, moves } of steps) {
            const instances = collectorsIn(collectors);
            allocator.setCollectors(reversed ? instances.toReversed() : instances);
            allocator.updateGroups("job", "p", [targetsIn(targets)]);
            allocator.allowMoves(moves);
            settled(allocator);
          }
          return viewOf(allocator.snapshot());
        });
        expect(views[0]).toEqual(views[1]);
      }),
      { numRuns: 50 },
    );
  });
});
