/**
 * How evenly each strategy spreads targets, and how many it moves when a collector comes or goes. The figures do not
 * depend on the machine: the same on each run.
 *
 * Targets: three zones with 50, 30 and 20 % of them, one node for each collector, weights as samples of real targets are
 * distributed (many small ones, a few a thousand times as heavy). Collectors: the same number in each zone.
 */
import {
  Allocator,
  type AllocationSnapshot,
  type CollectorInstance,
  createStrategy,
  labelsOf,
  parseScrapeConfigs,
  type StrategySettings,
  toJobDefinition,
} from "../src/allocator/index.ts";
import { report } from "./report.ts";

const TARGETS = Number(process.env["BENCH_TARGETS"] ?? "10000");
const COLLECTORS = (process.env["BENCH_COLLECTORS"] ?? "9,48").split(",").map(Number);
const ZONES = ["a", "b", "c"] as const;
const MOST_MOVES_A_PASS = 100;
const MOST_PASSES = 10_000;

interface Target {
  readonly address: string;
  readonly zone: string;
  readonly weight: number;
  readonly node: string;
}

/** Evenly spread over the unit interval, whatever the count. */
const quantile = (i: number): number => ((i + 1) * 0.618_033_988_75) % 1;

function targetsOn(nodes: number): readonly Target[] {
  return Array.from({ length: TARGETS }, (_, i) => {
    const place = quantile(i * 7 + 3);
    return {
      address: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}:9100`,
      zone: ZONES[place < 0.5 ? 0 : place < 0.8 ? 1 : 2],
      weight: Math.round(100 * (1 - quantile(i)) ** (-1 / 1.2)),
      node: `node-${Math.floor(quantile(i * 11 + 5) * nodes)}`,
    };
  });
}

function collectorsOf(count: number): readonly CollectorInstance[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `collector-${i}`,
    nodeName: `node-${i}`,
    zone: ZONES[i % ZONES.length] ?? "",
  }));
}

interface Variant {
  readonly name: string;
  readonly strategy: string;
  readonly settings: StrategySettings;
}

function allocatorFor({ strategy, settings }: Variant, targets: readonly Target[]): Allocator {
  const allocator = new Allocator({ strategy: createStrategy(strategy, "", settings) });
  const { jobs } = parseScrapeConfigs({ scrape_configs: [{ job_name: "job" }] });
  allocator.setJobs(jobs.map((job) => toJobDefinition(job, { filtering: true })));
  const labels = targets.map(({ address, zone, weight, node }) =>
    labelsOf({
      __address__: address,
      __meta_kubernetes_node_name: node,
      __meta_kubernetes_endpointslice_endpoint_zone: zone,
      __meta_weight: String(weight),
    }),
  );
  allocator.updateGroups("job", "bench", [{ source: "0", labels: labelsOf({}), targets: labels }]);
  return allocator;
}

function settle(allocator: Allocator): AllocationSnapshot {
  const pass = allocator.work();
  let step = pass.next();
  while (step.done !== true) step = pass.next();
  return step.value;
}

/** Lets moves happen until none is wanted. */
function rest(allocator: Allocator): AllocationSnapshot {
  for (let passes = 0; allocator.unbalanced && passes < MOST_PASSES; passes++) {
    allocator.allowMoves(MOST_MOVES_A_PASS);
    settle(allocator);
  }
  return allocator.snapshot();
}

function ownersOf(snapshot: AllocationSnapshot): ReadonlyMap<string, string> {
  const shards = [...(snapshot.jobs.get("job")?.byCollector ?? [])];
  return new Map(shards.flatMap(([name, shard]) => shard.targets.map(({ address }) => [address, name] as const)));
}

const share = (part: number, all: number): string => `${((100 * part) / all).toFixed(1)} %`;

const weightOf = (targets: readonly Target[]): number => targets.reduce((sum, { weight }) => sum + weight, 0);

/** Most over mean, and the coefficient of variation. */
function evenness(loads: readonly number[]): readonly [string, string] {
  const mean = loads.reduce((sum, load) => sum + load, 0) / loads.length;
  const variance = loads.reduce((sum, load) => sum + (load - mean) ** 2, 0) / loads.length;
  return [(Math.max(...loads) / mean).toFixed(3), (Math.sqrt(variance) / mean).toFixed(3)];
}

/** Targets that have changed hands since an earlier snapshot. */
function moved(before: AllocationSnapshot, after: AllocationSnapshot): number {
  const owners = ownersOf(after);
  return [...ownersOf(before)].filter(([address, owner]) => owners.get(address) !== owner).length;
}

/** Sets another number of collectors: how many targets move at once, and how many after all moves were allowed. */
function scale(variant: Variant, targets: readonly Target[], [from, to]: readonly [number, number]): readonly string[] {
  const allocator = allocatorFor(variant, targets);
  allocator.setCollectors(collectorsOf(from));
  const before = settle(allocator);
  allocator.setCollectors(collectorsOf(to));
  const atOnce = settle(allocator);
  const atRest = rest(allocator);
  return [share(moved(before, atOnce), TARGETS), share(moved(before, atRest), TARGETS)];
}

function measure(variant: Variant, count: number): Readonly<Record<string, unknown>> {
  const targets = targetsOn(count);
  const collectors = collectorsOf(count);
  const allocator = allocatorFor(variant, targets);
  allocator.setCollectors(collectors);
  const snapshot = settle(allocator);
  const owners = ownersOf(snapshot);
  const weights = new Map(collectors.map(({ name }) => [name, 0]));
  const zones = new Map(collectors.map(({ name, zone }) => [name, zone]));
  for (const { address, weight } of targets) {
    const owner = owners.get(address) ?? "";
    weights.set(owner, (weights.get(owner) ?? 0) + weight);
  }
  const [most, coefficient] = evenness([...snapshot.targetsByCollector.values()]);
  const [heaviest, weightCoefficient] = evenness([...weights.values()]);
  const atHome = targets.filter(({ address, zone }) => zones.get(owners.get(address) ?? "") === zone);
  const [joined, joinedAtRest] = scale(variant, targets, [count, count + 1]);
  const [left, leftAtRest] = scale(variant, targets, [count, count - 1]);
  return {
    strategy: variant.name,
    collectors: count,
    "targets max/mean": most,
    "targets coefficient": coefficient,
    "weight max/mean": heaviest,
    "weight coefficient": weightCoefficient,
    "in own zone": share(atHome.length, TARGETS),
    "of the weight": share(weightOf(atHome), weightOf(targets)),
    "must move: +1": share(TARGETS / (count + 1), TARGETS),
    "moved: +1": joined,
    "and evened": joinedAtRest,
    "must move: -1": share(TARGETS / count, TARGETS),
    "moved: -1": left,
    "and evened ": leftAtRest,
  };
}

const WEIGHTS: StrategySettings = { weightLabels: ["__meta_weight"] };
const VARIANTS: readonly Variant[] = [
  ...["consistent-hashing", "rendezvous", "least-weighted"].map((name) => ({ name, strategy: name, settings: {} })),
  { name: "weighted", strategy: "weighted", settings: WEIGHTS },
  { name: "zone-aware, weighed", strategy: "zone-aware", settings: WEIGHTS },
  { name: "zone-aware, not weighed", strategy: "zone-aware", settings: {} },
  { name: "per-node", strategy: "per-node", settings: {} },
];
report(
  "strategies",
  COLLECTORS.flatMap((count) => VARIANTS.map((variant) => measure(variant, count))),
);
