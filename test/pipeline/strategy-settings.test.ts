import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";

import type { Pod } from "../../src/discovery/kubernetes/objects.ts";
import { ForbiddenError } from "../../src/kube/errors.ts";
import { group, ownersOf } from "../support/allocations.ts";
import { node, runningPod } from "../support/cluster-objects.ts";
import { eventually } from "../support/eventually.ts";

import { fileOf, PipelineStage, type StagedFile } from "../support/pipeline-stage.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";

const makeDirectory = temporaryDirectories();
let stage: PipelineStage;

beforeEach(() => {
  stage = new PipelineStage();
});

afterEach(async () => {
  await stage.stop();
});

const collector = (name: string, nodeName = "node-1"): Pod =>
  runningPod(name, { nodeName, metadata: { namespace: "obs", labels: { app: "collector" } } });
const addresses = (count: number): string[] => Array.from({ length: count }, (_, i) => `10.0.0.${i}:80`);

function staged(strategy: string, settings: unknown, targets = addresses(20)): StagedFile {
  return {
    jobs: { web: { targets } },
    settings: { allocation_strategy: strategy, allocation_strategy_settings: settings },
  };
}

const shares = (): Readonly<Record<string, number>> => Object.fromEntries(stage.pipeline.snapshot().targetsByCollector);
const sizes = (): readonly number[] => Object.values(shares()).toSorted((a, b) => a - b);
const messages = (): readonly string[] =>
  stage.pipeline.problems().map(({ reason, message }) => `${reason}: ${message}`);

function putCollectors(...names: readonly string[]): void {
  for (const name of names) stage.cluster.put(collector(name));
}

describe("rendezvous", () => {
  const probes = { web: { targets: ["proxy:80"], settings: { params: {} } } };
  const withKey = (key: string): StagedFile => ({
    jobs: Object.fromEntries(
      Array.from({ length: 12 }, (_, i) => [`web-${i}`, { ...probes.web, settings: { metrics_path: `/m/${i}` } }]),
    ),
    settings: { allocation_strategy: "rendezvous", allocation_strategy_settings: { key } },
  });

  it("gives all that is behind one address to one collector, until key: url tells paths apart", async () => {
    putCollectors("a", "b", "c");
    await stage.start(withKey("address"));
    expect(Object.values(shares()).filter((count) => count > 0)).toEqual([12]);
    expect(stage.pipeline.reload(fileOf(withKey("url")))).toBeUndefined();
    await stage.advance(1_000);
    expect(Object.values(shares()).every((count) => count > 0)).toBe(true);
  });
});

describe("least-weighted", () => {
  it("leaves a new collector without targets, as Go does, unless moves are allowed", async () => {
    putCollectors("a");
    await stage.start(staged("least-weighted", {}));
    putCollectors("b");
    await stage.advance(600_000);
    expect(shares()).toEqual({ a: 20, b: 0 });
  });

  it("gives a new collector its share, no more targets a minute than allowed", async () => {
    putCollectors("a");
    await stage.start(staged("least-weighted", { max_moves_per_minute: 4, rebalance_to_percent: 1 }));
    putCollectors("b");
    await stage.advance(1_000);
    expect(shares()).toEqual({ a: 16, b: 4 });
    await stage.advance(58_000);
    expect(shares()).toEqual({ a: 16, b: 4 });
    await stage.advance(2_000);
    expect(shares()).toEqual({ a: 12, b: 8 });
    await stage.advance(120_000);
    expect(shares()).toEqual({ a: 10, b: 10 });
  });

  it("begins to move only beyond rebalance_above_percent", async () => {
    putCollectors("a", "b");
    const settings = { max_moves_per_minute: 10, rebalance_above_percent: 100 };
    await stage.start(staged("least-weighted", settings));
    const before = ownersOf(stage.pipeline.snapshot(), "web");
    const left = addresses(20).filter((address, i) => before.get(address) === "a" || i < 12);
    stage.pipeline.reload(fileOf(staged("least-weighted", settings, left)));
    await stage.advance(300_000);
    const after = ownersOf(stage.pipeline.snapshot(), "web");
    expect([...after].filter(([address, owner]) => before.get(address) !== owner)).toEqual([]);
  });
});

describe("weighted", () => {
  const LABEL = "__meta_weight";

  it("weighs by the labels that the settings name", async () => {
    putCollectors("a", "b");
    await stage.start({
      jobs: { web: { sources: ["sd"] } },
      settings: { allocation_strategy: "weighted", allocation_strategy_settings: { weight_labels: [LABEL] } },
    });
    stage.sources
      .run("sd")
      .sink.update([
        group("1", ["heavy:80"], { [LABEL]: "5" }),
        group("2", ["a:80", "b:80", "c:80", "d:80", "e:80"], { [LABEL]: "1" }),
      ]);
    await stage.advance(1_000);
    expect(sizes()).toEqual([1, 5]);
  });

  it("weighs by a file of what was measured from the first assignment on, and moves when it changes", async () => {
    const path = join(makeDirectory(), "weights.json");
    const [heavy = "", ...light] = addresses(11);
    const weigh = (weight: number): void =>
      writeFileSync(
        path,
        JSON.stringify({ web: { [heavy]: weight, ...Object.fromEntries(light.map((each) => [each, 10])) } }),
      );
    weigh(100);
    putCollectors("a", "b");
    await stage.start(staged("weighted", { weights_file: path }, addresses(11)));
    await eventually(async () => {
      await stage.settle();
      expect(stage.pipeline.ready).toBe(true);
    });
    expect(sizes()).toEqual([1, 10]);
    weigh(10);
    await eventually(async () => {
      await stage.advance(1_000);
      expect(sizes()).toEqual([5, 6]);
    });
  });

  it("says that the file of weights cannot be read, and assigns all the same", async () => {
    putCollectors("a", "b");
    await stage.start(staged("weighted", { weights_file: "/nowhere/weights.json" }));
    await eventually(async () => {
      await stage.settle();
      expect(stage.pipeline.ready).toBe(true);
    });
    expect(shares()).toEqual({ a: 10, b: 10 });
    expect(messages()).toEqual([
      expect.stringMatching(
        /^WeightsUnusable: weights_file \/nowhere\/weights.json: ENOENT.*; what was read before stays/,
      ),
    ]);
  });
});

const ZONE = "topology.kubernetes.io/zone";
const zoned = (settings: unknown): StagedFile => ({
  jobs: { web: { sources: ["sd"] } },
  settings: { allocation_strategy: "zone-aware", allocation_strategy_settings: settings },
});
const inZone = (name: string, zone: string, label = ZONE) => node(name, { metadata: { labels: { [label]: zone } } });

describe("zone-aware", () => {
  async function run(settings: unknown): Promise<void> {
    stage.cluster.put(collector("east", "node-e"));
    stage.cluster.put(collector("west", "node-w"));
    await stage.start(zoned(settings));
    stage.sources
      .run("sd")
      .sink.update([
        group("1", ["e-1:80", "e-2:80", "e-3:80"], { __meta_kubernetes_endpointslice_endpoint_zone: "e", rack: "w" }),
        group("2", ["w-1:80", "w-2:80", "w-3:80"], { __meta_kubernetes_endpointslice_endpoint_zone: "w", rack: "e" }),
      ]);
    await stage.advance(1_000);
  }

  const owners = (): unknown => Object.fromEntries(ownersOf(stage.pipeline.snapshot(), "web"));
  const HOME = {
    "e-1:80": "east",
    "e-2:80": "east",
    "e-3:80": "east",
    "w-1:80": "west",
    "w-2:80": "west",
    "w-3:80": "west",
  };
  const AWAY = Object.fromEntries(Object.entries(HOME).map(([a, owner]) => [a, owner === "east" ? "west" : "east"]));

  it("takes the zones of collectors from their nodes", async () => {
    stage.cluster.put(inZone("node-e", "e"));
    stage.cluster.put(inZone("node-w", "w"));
    await run({});
    expect(owners()).toEqual(HOME);
    expect(messages()).toEqual([]);
  });

  it("goes by the labels of targets and of nodes that the settings name", async () => {
    stage.cluster.put(inZone("node-e", "e", "example.com/rack"));
    stage.cluster.put(inZone("node-w", "w", "example.com/rack"));
    await run({ zone_labels: ["rack"], node_zone_label: "example.com/rack" });
    expect(owners()).toEqual(AWAY);
  });

  it("allows the skew that the settings name", async () => {
    stage.cluster.put(inZone("node-e", "w"));
    stage.cluster.put(inZone("node-w", "x"));
    await run({ max_skew_percent: 100 });
    // Three targets are of the zone of east, and three of no zone that a collector is in.
    expect(owners()).toEqual(AWAY);
    stage.pipeline.reload(fileOf(zoned({ max_skew_percent: 0, zone_labels: ["always-unknown"] })));
    await stage.advance(1_000);
    expect(shares()).toEqual({ east: 3, west: 3 });
  });

  it("without the permission for nodes spreads by weight alone, and says what is missing", async () => {
    stage.cluster.hold("Node");
    stage.cluster.put(collector("east", "node-e"));
    stage.cluster.put(collector("west", "node-w"));
    await stage.start(zoned({}));
    expect(stage.pipeline.ready).toBe(false);
    stage.cluster.fail("Node", new ForbiddenError("listing nodes: forbidden", { status: 403, reason: "" }));
    stage.sources.run("sd").sink.update([group("1", ["a:80", "b:80", "c:80", "d:80"])]);
    await stage.advance(1_000);
    expect(shares()).toEqual({ east: 2, west: 2 });
    expect(messages()).toEqual([
      "ZonesUnknown: listing nodes: forbidden (give the service account the verbs get, list and watch on it); " +
        "collectors of unknown zones take only what zones have no room for",
    ]);
  });

  it("names the collectors whose nodes do not say where they are", async () => {
    stage.cluster.put(inZone("node-e", "e"));
    stage.cluster.put(node("node-w"));
    await run({});
    expect(messages()).toEqual([
      expect.stringContaining("not known, so they take only what zones have no room for: west;"),
    ]);
  });
});

it("a setting that nothing reads is told", async () => {
  putCollectors("a");
  await stage.start(staged("consistent-hashing", { key: "url" }));
  expect(messages()).toEqual([
    "StrategySettingUnused: allocation_strategy_settings: key has no effect on consistent-hashing; it has no settings",
  ]);
});
