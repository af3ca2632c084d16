import { describe, expect, it } from "@jest/globals";

import { type LabelSelector, toSelectorText } from "../../src/discovery/label-selector.ts";

describe("toSelectorText", () => {
  it.each<{ name: string; selector: LabelSelector; want: string }>([
    { name: "nothing for the selector that selects everything", selector: {}, want: "" },
    { name: "labels sorted by key", selector: { matchLabels: { b: "2", a: "" } }, want: "a=,b=2" },
    {
      name: "every operator, values sorted",
      selector: {
        matchLabels: { app: "web" },
        matchExpressions: [
          { key: "tier", operator: "In", values: ["front", "back"] },
          { key: "zone", operator: "NotIn", values: ["a"] },
          { key: "shard", operator: "Exists" },
          { key: "canary", operator: "DoesNotExist", values: [] },
        ],
      },
      want: "app=web,tier in (back,front),zone notin (a),shard,!canary",
    },
  ])("writes $name", ({ selector, want }) => {
    expect(toSelectorText(selector)).toBe(want);
  });

  it("refuses an operator that does not exist", () => {
    const selector = { matchExpressions: [{ key: "a", operator: "Like" }] };
    expect(() => toSelectorText(selector)).toThrow('operator "Like" of a is none of In, NotIn, Exists, DoesNotExist');
  });
});
