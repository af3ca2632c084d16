import { describe, expect, it } from "@jest/globals";
import { consistentHashing } from "../../../src/allocator/strategies/consistent-hashing.ts";
import { perNode } from "../../../src/allocator/strategies/per-node.ts";
import { createStrategy, STRATEGY_NAMES, UnknownStrategyError } from "../../../src/allocator/strategies/registry.ts";

describe("createStrategy", () => {
  it("knows the strategies", () => {
    expect(STRATEGY_NAMES).toEqual([
      "consistent-hashing",
      "least-weighted",
      "per-node",
      "rendezvous",
      "weighted",
      "zone-aware",
    ]);
    for (const name of STRATEGY_NAMES) expect(createStrategy(name).create([])).toBeDefined();
  });

  it.each<[string, string | undefined]>([
    ["round-robin", undefined],
    ["", undefined],
    ["per-node", "round-robin"],
    ["consistent-hashing", "round-robin"],
  ])("refuses %j with fallback %j and says which names there are", (name, fallback) => {
    expect(() => createStrategy(name, fallback)).toThrow(UnknownStrategyError);
    expect(() => createStrategy(name, fallback)).toThrow(
      /unregistered strategy ".*": use one of consistent-hashing, least-weighted, per-node, rendezvous, weighted/,
    );
  });

  it("has no use for a fallback where every target is placed, nor for an empty one", () => {
    expect(createStrategy("consistent-hashing", "least-weighted")).toBe(consistentHashing);
    expect(createStrategy("per-node", "")).toBe(perNode);
  });
});
