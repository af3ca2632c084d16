import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import type { Allocator } from "../../../src/allocator/allocator.ts";
import type { CollectorInstance } from "../../../src/allocator/collector-instance.ts";
import { partitionOf, partitionOwners } from "../../../src/allocator/strategies/hash-ring.ts";
import { createStrategy, STRATEGY_NAMES } from "../../../src/allocator/strategies/registry.ts";
import type { TargetGroup } from "../../../src/allocator/targets/target-group.ts";
import { createAllocator, group, job, ownersOf, settled, viewOf } from "../../support/allocations.ts";

const NODES = 12;
const ZONES = 4;
/** Every seventh target says neither on which node nor in which zone it runs. */
const isHomeless = (i: number): boolean => i % 7 === 6;
const nodeOf = (i: number): string => `node-${i % NODES}`;

/** Target `i` is `t-i:80`. */
function target(i: number): Readonly<Record<string, string>> {
  const home = {
    __meta_kubernetes_node_name: nodeOf(i),
    __meta_kubernetes_endpointslice_endpoint_zone: `zone-${i % ZONES}`,
  };
  return { __address__: `t-${i}:80`, ...(isHomeless(i) ? {} : home) };
}

function targets(indexes: readonly number[]): TargetGroup {
  return group("0", indexes.map(target));
}

/** Collector `i`: on each node there may be several, and every fifth one is in no known zone. */
function collector(i: number): CollectorInstance {
  const instance = { name: `c-${i}`, nodeName: nodeOf(i) };
  return i % 5 === 4 ? instance : { ...instance, zone: `zone-${i % ZONES}` };
}

interface Change {
  readonly before: readonly CollectorInstance[];
  readonly after: readonly CollectorInstance[];
}

const has = (collectors: readonly CollectorInstance[], name: string): boolean =>
  collectors.some((one) => one.name === name);
const firstOn = (collectors: readonly CollectorInstance[], node: string): string =>
  collectors
    .filter(({ nodeName }) => nodeName === node)
    .map(({ name }) => name)
    .toSorted()[0] ?? "";
const ringOwner = (collectors: readonly CollectorInstance[], address: string): string =>
  partitionOwners(collectors.map(({ name }) => name))[partitionOf(address)] ?? "";

/** Whether a target that had a collector which stays may have another one after a change of the collectors. */
type MayMove = (
  move: { readonly address: string; readonly from: string; readonly to: string },
  change: Change,
) => boolean;

const indexOf = (address: string): number => Number(/\d+/.exec(address)?.[0]);
const never: MayMove = () => false;
const toNewcomers: MayMove = ({ to }, { before }) => !has(before, to);
const byRing: MayMove = ({ address }, { before, after }) => ringOwner(before, address) !== ringOwner(after, address);
const byNode: MayMove = ({ address }, { before, after }) => {
  const node = nodeOf(indexOf(address));
  return firstOn(before, node) !== firstOn(after, node);
};
const byNodeOr =
  (homeless: MayMove): MayMove =>
  (move, change) =>
    isHomeless(indexOf(move.address)) ? homeless(move, change) : byNode(move, change);

interface Row {
  readonly strategy: string;
  readonly fallback?: string;
  /** The result follows from the targets and the collectors, whatever was before. */
  readonly stateless: boolean;
  readonly mayMove: MayMove;
}

const ROWS: readonly Row[] = [
  { strategy: "consistent-hashing", stateless: true, mayMove: byRing },
  { strategy: "rendezvous", stateless: true, mayMove: toNewcomers },
  { strategy: "least-weighted", stateless: false, mayMove: never },
  { strategy: "weighted", stateless: false, mayMove: never },
  { strategy: "zone-aware", stateless: false, mayMove: never },
  { strategy: "per-node", stateless: true, mayMove: byNode },
  { strategy: "per-node", fallback: "consistent-hashing", stateless: true, mayMove: byNodeOr(byRing) },
  { strategy: "per-node", fallback: "rendezvous", stateless: true, mayMove: byNodeOr(toNewcomers) },
  { strategy: "per-node", fallback: "least-weighted", stateless: false, mayMove: byNodeOr(never) },
  { strategy: "per-node", fallback: "weighted", stateless: false, mayMove: byNodeOr(never) },
  { strategy: "per-node", fallback: "zone-aware", stateless: false, mayMove: byNodeOr(never) },
];

it("no strategy is left out here", () => {
  expect([...new Set(ROWS.map(({ strategy }) => strategy))].toSorted()).toEqual(STRATEGY_NAMES);
});

/** One step of a history: who scrapes, and what there is to scrape. */
interface Step {
  readonly collectors: readonly number[];
  readonly targets: readonly number[];
}

const someOf = (count: number) => fc.subarray(Array.from({ length: count }, (_, i) => i));
const anyHistory: fc.Arbitrary<readonly Step[]> = fc.array(fc.record({ collectors: someOf(20), targets: someOf(60) }), {
  minLength: 1,
  maxLength: 6,
});

function apply(allocator: Allocator, step: Step): void {
  allocator.updateGroups("job", "p", [targets(step.targets)]);
  allocator.setCollectors(step.collectors.map(collector));
}

const withNames = (rows: readonly Row[]): (readonly [string, Row])[] =>
  rows.map((row) => [`${row.strategy}${row.fallback === undefined ? "" : ` with fallback ${row.fallback}`}`, row]);

function createBy({ strategy, fallback }: Row): Allocator {
  const allocator = createAllocator({ strategy: createStrategy(strategy, fallback) });
  allocator.setJobs([job()]);
  return allocator;
}

describe.each(withNames(ROWS))("%s, after any scale events,", (_name, row) => {
  const { strategy, fallback, mayMove } = row;
  const create = (): Allocator => createBy(row);
  const placeable = (i: number, collectors: readonly CollectorInstance[]): boolean => {
    if (strategy !== "per-node" || (isHomeless(i) && fallback !== undefined)) return collectors.length > 0;
    return !isHomeless(i) && firstOn(collectors, nodeOf(i)) !== "";
  };

  it("gives each target exactly one collector that exists, or none where none may have it", () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const allocator = create();
        for (const step of history) {
          apply(allocator, step);
          const collectors = step.collectors.map(collector);
          const { byCollector, unassigned } = settled(allocator).jobs.get("job") ?? {};
          const served = [...(byCollector ?? [])].flatMap(([, shard]) => shard.targets.map(({ address }) => address));
          const left = (unassigned?.targets ?? []).map(({ address }) => address);
          const placed = step.targets.filter((i) => placeable(i, collectors)).map((i) => `t-${i}:80`);
          expect(served.toSorted()).toEqual(placed.toSorted());
          expect([...served, ...left].toSorted()).toEqual(step.targets.map((i) => `t-${i}:80`).toSorted());
          expect([...(byCollector?.keys() ?? [])].every((name) => has(collectors, name))).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("moves at most what must move", () => {
    fc.assert(
      fc.property(anyHistory, someOf(60), (history, found) => {
        const allocator = create();
        let before: readonly CollectorInstance[] = [];
        let owners: ReadonlyMap<string, string> = new Map();
        for (const { collectors } of history) {
          apply(allocator, { collectors, targets: found });
          const after = collectors.map(collector);
          const now = ownersOf(settled(allocator));
          for (const [address, to] of now) {
            const from = owners.get(address) ?? "";
            if (from === to || !has(after, from)) continue;
            expect({ address, from, to, may: mayMove({ address, from, to }, { before, after }) }).toMatchObject({
              may: true,
            });
          }
          [before, owners] = [after, now];
        }
      }),
      { numRuns: 60 },
    );
  });

  it("moves and publishes nothing when the same comes again, in whatever order", () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const allocator = create();
        for (const step of history) {
          apply(allocator, step);
          const before = settled(allocator);
          const moved = allocator.counters.moved;
          apply(allocator, { ...step, collectors: step.collectors.toReversed() });
          expect(settled(allocator)).toBe(before);
          expect(allocator.counters.moved).toBe(moved);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("is the same for the same history", () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const views = [0, 1].map((turned) => {
          const allocator = create();
          for (const step of history) {
            if (turned === 1) allocator.setCollectors([]);
            apply(allocator, turned === 1 ? { ...step, collectors: step.collectors.toReversed() } : step);
            settled(allocator);
          }
          return viewOf(allocator.snapshot());
        });
        expect(views[1]).toEqual(views[0]);
      }),
      { numRuns: 40 },
    );
  });

  it("serves more than 1,061 collectors", () => {
    const indexes = Array.from({ length: 1_500 }, (_, i) => i);
    const allocator = create();
    apply(allocator, { collectors: indexes, targets: indexes });
    const collectors = indexes.map(collector);
    const placed = indexes.filter((i) => placeable(i, collectors)).length;
    expect(settled(allocator).jobs.get("job")?.counts).toMatchObject({ assigned: placed, unassigned: 1_500 - placed });
  });
});

it.each(withNames(ROWS.filter(({ stateless }) => stateless)))("%s does not depend on what was before", (_name, row) => {
  fc.assert(
    fc.property(anyHistory, (history) => {
      const [seasoned, fresh] = [createBy(row), createBy(row)];
      for (const step of history) {
        apply(seasoned, step);
        settled(seasoned);
      }
      apply(fresh, history.at(-1) ?? { collectors: [], targets: [] });
      expect(viewOf(settled(seasoned))).toEqual(viewOf(settled(fresh)));
    }),
    { numRuns: 40 },
  );
});
