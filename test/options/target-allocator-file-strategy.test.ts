import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";

import { ConfigError } from "../../src/options/config-error.ts";
import { readTargetAllocatorFile } from "../../src/options/target-allocator-file.ts";

const read = (settings: unknown) =>
  readTargetAllocatorFile(JSON.stringify({ allocation_strategy_settings: settings })).strategySettings;

function problemsOf(settings: unknown): readonly string[] {
  try {
    read(settings);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const KEYS =
  "key, weight_labels, weights_file, zone_labels, node_zone_label, max_skew_percent, rebalance_above_percent, " +
  "rebalance_to_percent, max_moves_per_minute";

describe("allocation_strategy_settings", () => {
  it("reads everything", () => {
    const settings = {
      key: "url",
      weight_labels: ["__meta_weight"],
      weights_file: "/weights/samples.json",
      zone_labels: ["rack"],
      node_zone_label: "example.com/rack",
      max_skew_percent: 50,
      rebalance_above_percent: 30,
      rebalance_to_percent: 10,
      max_moves_per_minute: 7,
    };
    expect(read(settings)).toEqual({
      strategy: {
        key: "url",
        weightLabels: ["__meta_weight"],
        zoneLabels: ["rack"],
        maxSkew: 1.5,
        evening: { above: 1.3, to: 1.1 },
      },
      weightsFile: "/weights/samples.json",
      nodeZoneLabel: "example.com/rack",
      maxMovesPerMinute: 7,
      given: Object.keys(settings),
    });
  });

  it("leaves to strategies what it does not say", () => {
    expect(read({ rebalance_to_percent: 2 })).toMatchObject({ strategy: { evening: { above: 1.2, to: 1.02 } } });
    expect(read({ rebalance_above_percent: 50 })).toMatchObject({ strategy: { evening: { above: 1.5, to: 1.05 } } });
    expect(read({ max_moves_per_minute: 0 })).toMatchObject({ strategy: {}, maxMovesPerMinute: 0 });
    expect(read(null)).toMatchObject({ strategy: {}, given: [] });
  });

  it.each<[string, unknown, readonly string[]]>([
    ["an unknown key", { zone_label: "rack" }, [`zone_label: is no setting; there are ${KEYS}`]],
    ["a key that is hashed by nothing we know", { key: "job" }, ['key: "job" is none of address, url']],
    [
      "a label where a list belongs",
      { weight_labels: "w" },
      ["weight_labels: must be a list of one or more names of labels, not a text"],
    ],
    [
      "no label at all",
      { zone_labels: [] },
      ["zone_labels: must be a list of one or more names of labels, not a list"],
    ],
    [
      "a label without a name",
      { zone_labels: ["a", ""] },
      ["zone_labels: must be a list of one or more names of labels, not a list"],
    ],
    ["an empty path", { weights_file: "" }, ["weights_file: must not be empty"]],
    ["an empty node label", { node_zone_label: "" }, ["node_zone_label: must not be empty"]],
    [
      "a fraction of a percent",
      { max_skew_percent: 0.5 },
      ['max_skew_percent: must be a whole number from 0 to 1000, not "0.5"'],
    ],
    [
      "an end of moves that is no end",
      { rebalance_above_percent: 10, rebalance_to_percent: 10 },
      ["rebalance_to_percent: 10 must be below rebalance_above_percent, 10"],
    ],
    [
      "a beginning below the usual end",
      { rebalance_above_percent: 5 },
      ["rebalance_to_percent: 5 must be below rebalance_above_percent, 5"],
    ],
    [
      "a negative number of moves",
      { max_moves_per_minute: -1 },
      ['max_moves_per_minute: must be a whole number from 0 to 1000000, not "-1"'],
    ],
  ])("refuses %s", (_name, settings, want) => {
    expect(problemsOf(settings)).toEqual(want.map((problem) => `allocation_strategy_settings.${problem}`));
  });

  it("tells all problems at once", () => {
    expect(problemsOf({ key: 1, wieghts: {}, weight_labels: {}, max_skew_percent: "much" })).toHaveLength(4);
  });

  it("never throws anything but a ConfigError", () => {
    const anySetting = fc.constantFrom(...KEYS.split(", "));
    fc.assert(
      fc.property(fc.dictionary(anySetting, fc.jsonValue()), (settings) => {
        const places = problemsOf(settings).map((problem) => problem.split(/[.:]/)[0]);
        expect(places.every((place) => place === "allocation_strategy_settings")).toBe(true);
      }),
    );
  });
});

it("a collector in the file may have a zone", () => {
  const file = { collectors: [{ name: "a", zone: "west" }, { name: "b" }] };
  expect(readTargetAllocatorFile(JSON.stringify(file)).collectors).toEqual([
    { name: "a", nodeName: "", zone: "west" },
    { name: "b", nodeName: "" },
  ]);
});
