import { describe, expect, it } from "@jest/globals";

import { planStrategy, unusedSettings } from "../../src/pipeline/planned-strategy.ts";
import { fileOf } from "../support/pipeline-stage.ts";

const file = (strategy: string, settings: unknown, fallback = "") =>
  fileOf({
    jobs: {},
    settings: {
      allocation_strategy: strategy,
      allocation_fallback_strategy: fallback,
      allocation_strategy_settings: settings,
    },
  });

describe("planStrategy", () => {
  it.each<[string, string, number]>([
    ["consistent-hashing", "", 0],
    ["least-weighted", "", 0],
    ["per-node", "weighted", 0],
    ["rendezvous", "", 0],
    ["weighted", "", 100],
    ["zone-aware", "", 100],
  ])("lets %s with fallback %j move %i targets a minute unless told otherwise", (strategy, fallback, want) => {
    expect(planStrategy(file(strategy, {}, fallback)).maxMovesPerMinute).toBe(want);
    expect(planStrategy(file(strategy, { max_moves_per_minute: 3 }, fallback)).maxMovesPerMinute).toBe(3);
  });

  it("asks for zones and weights only where the strategy goes by them", () => {
    const settings = { weights_file: "/w.json", node_zone_label: "rack" };
    const none = { weightsFile: undefined, nodeZoneLabel: undefined };
    expect(planStrategy(file("consistent-hashing", settings))).toMatchObject(none);
    expect(planStrategy(file("weighted", settings))).toMatchObject({ ...none, weightsFile: "/w.json" });
    const both = { weightsFile: "/w.json", nodeZoneLabel: "rack" };
    expect(planStrategy(file("zone-aware", settings))).toMatchObject(both);
    expect(planStrategy(file("per-node", settings, "zone-aware"))).toMatchObject(both);
    expect(planStrategy(file("per-node", settings))).toMatchObject(none);
  });
});

describe("unusedSettings", () => {
  const all = {
    key: "url",
    weight_labels: ["w"],
    weights_file: "/w.json",
    zone_labels: ["z"],
    node_zone_label: "z",
    max_skew_percent: 10,
    rebalance_above_percent: 30,
    rebalance_to_percent: 10,
    max_moves_per_minute: 5,
  };

  it.each<[string, string, string]>([
    ["consistent-hashing", "", "it has no settings"],
    ["per-node", "", "it has no settings"],
    ["least-weighted", "", "it reads rebalance_above_percent, rebalance_to_percent, max_moves_per_minute"],
    ["rendezvous", "", "it reads key"],
    ["per-node", "rendezvous", "it reads key"],
    [
      "weighted",
      "",
      "it reads weight_labels, weights_file, rebalance_above_percent, rebalance_to_percent, max_moves_per_minute",
    ],
    ["per-node", "weighted", "it reads weight_labels, weights_file"],
  ])("tells what %s with fallback %j does not read", (strategy, fallback, want) => {
    const [problem, ...others] = unusedSettings(file(strategy, all, fallback));
    expect(others).toEqual([]);
    expect(problem?.reason).toBe("StrategySettingUnused");
    expect(problem?.message).toContain(want);
    const read = want.startsWith("it reads ") ? want.slice("it reads ".length).split(", ") : [];
    for (const key of Object.keys(all)) {
      const listed = problem?.message.split(" has no effect")[0]?.includes(` ${key}`) === true;
      expect([key, listed]).toEqual([key, !read.includes(key)]);
    }
  });

  it("has nothing to tell when all is read, or nothing is there", () => {
    const { key: _, ...others } = all;
    expect(unusedSettings(file("zone-aware", others))).toEqual([]);
    expect(unusedSettings(file("per-node", {}))).toEqual([]);
  });
});
