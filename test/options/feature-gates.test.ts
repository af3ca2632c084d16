import { describe, expect, it } from "@jest/globals";
import { FEATURE_GATES, featureGatesFlag } from "../../src/options/feature-gates.ts";
import { readSettings } from "../../src/options/sources.ts";

const FLAGS = { gates: featureGatesFlag() };
const read = (argv: readonly string[], env: Record<string, string> = {}) => readSettings(FLAGS, argv, env).values.gates;

describe("--feature-gates", () => {
  it.each<{ name: string; argv: string[]; want: object }>([
    {
      name: "gives network policies and no fallback by default",
      argv: [],
      want: { networkPolicies: true, fallbackStrategy: false, notes: [] },
    },
    {
      name: "switches on",
      argv: ["--feature-gates=operator.targetallocator.fallbackstrategy"],
      want: { fallbackStrategy: true },
    },
    {
      name: "switches on with a plus",
      argv: ["--feature-gates=+operator.targetallocator.fallbackstrategy"],
      want: { fallbackStrategy: true },
    },
    {
      name: "switches off with a minus",
      argv: ["--feature-gates=-operand.networkpolicy"],
      want: { networkPolicies: false },
    },
    {
      name: "gathers what is repeated and what commas part",
      argv: [
        "--feature-gates=operator.targetallocator.fallbackstrategy, -operand.networkpolicy",
        "--feature-gates=operand.networkpolicy",
      ],
      want: { networkPolicies: true, fallbackStrategy: true },
    },
  ])("$name", ({ argv, want }) => {
    expect(read(argv)).toMatchObject(want);
  });

  it("is read from the environment too", () => {
    expect(read([], { FEATURE_GATES: "-operand.networkpolicy" })).toMatchObject({ networkPolicies: false });
  });

  it("says of a gate of the Go operator that it has no effect, and why", () => {
    expect(read(["--feature-gates=-operator.networkpolicy"]).notes).toEqual([
      "feature gate operator.networkpolicy has no effect: this operator's own network policy is a matter of its installation",
    ]);
  });

  it.each<{ name: string; gate: string; want: string }>([
    { name: "the one that was meant", gate: "operand.networkpolicies", want: "did you mean operand.networkpolicy?" },
    { name: "all that there are", gate: "colours", want: `known: ${FEATURE_GATES.join(", ")}` },
  ])("refuses an unknown gate and names $name", ({ gate, want }) => {
    expect(() => read([`--feature-gates=${gate}`])).toThrow(`has an unknown feature gate "${gate}"; ${want}`);
  });
});
