import { describe, expect, it } from "@jest/globals";

import type { NameScheme } from "../../../src/allocator/relabel/label-name.ts";
import { relabelRuleProblems, type WrittenRule } from "../../../src/allocator/relabel/validate-rule.ts";

function written(given: Partial<WrittenRule>): WrittenRule {
  return {
    sourceLabels: [],
    sourceLabelsGiven: given.sourceLabels !== undefined,
    separator: ";",
    regex: "(.*)",
    defaultRegex: given.regex === undefined,
    modulus: 0n,
    targetLabel: "",
    replacement: "$1",
    action: "replace",
    ...given,
  };
}

interface Case {
  readonly name: string;
  readonly rule: Partial<WrittenRule>;
  readonly scheme?: NameScheme;
  /** The keys with a problem. */
  readonly want: readonly string[];
}

describe("relabelRuleProblems", () => {
  it.each<Case>([
    { name: "replace needs a target", rule: {}, want: ["target_label"] },
    { name: "replace takes any text as a name", rule: { targetLabel: "a-b.é" }, want: [] },
    {
      name: "replace takes no dash in a legacy name",
      rule: { targetLabel: "a-b" },
      scheme: "legacy",
      want: ["target_label"],
    },
    { name: "replace takes references in a name", rule: { targetLabel: "-${3}" }, want: [] },
    { name: "replace takes references in a legacy name", rule: { targetLabel: "x_${3}" }, scheme: "legacy", want: [] },
    {
      name: "replace takes no dash before a reference in a legacy name",
      rule: { targetLabel: "-${3}" },
      scheme: "legacy",
      want: ["target_label"],
    },
    {
      name: "hashmod needs modulus and target",
      rule: { action: "hashmod" },
      want: ["modulus", "target_label"],
    },
    { name: "hashmod is fine with both", rule: { action: "hashmod", modulus: 8n, targetLabel: "t" }, want: [] },
    { name: "lowercase needs a target", rule: { action: "lowercase" }, want: ["target_label"] },
    {
      name: "lowercase takes a reference as a literal name",
      rule: { action: "lowercase", targetLabel: "${3}" },
      want: [],
    },
    {
      name: "lowercase takes no reference in a legacy name",
      rule: { action: "lowercase", targetLabel: "${3}" },
      scheme: "legacy",
      want: ["target_label"],
    },
    {
      name: "uppercase takes no replacement",
      rule: { action: "uppercase", targetLabel: "t", replacement: "x" },
      want: ["replacement"],
    },
    {
      name: "labelmap takes references",
      rule: { action: "labelmap", replacement: "${1}" },
      scheme: "legacy",
      want: [],
    },
    { name: "labelmap needs a replacement", rule: { action: "labelmap", replacement: "" }, want: ["replacement"] },
    {
      name: "labelmap takes no dash in a legacy name",
      rule: { action: "labelmap", replacement: "a-$1" },
      scheme: "legacy",
      want: ["replacement"],
    },
    {
      name: "keepequal is fine with source and target",
      rule: { action: "keepequal", sourceLabels: ["a"], targetLabel: "b" },
      want: [],
    },
    {
      name: "keepequal takes nothing else, not even the default regex written out",
      rule: { action: "keepequal", targetLabel: "b", regex: "(.*)", separator: ",", modulus: 1n, replacement: "" },
      want: ["replacement", "regex", "modulus", "separator"],
    },
    {
      name: "labeldrop takes nothing but a regex",
      rule: {
        action: "labeldrop",
        sourceLabels: ["a"],
        targetLabel: "b",
        modulus: 1n,
        separator: "",
        replacement: "x",
      },
      want: ["replacement", "modulus", "separator", "source_labels", "target_label"],
    },
    {
      name: "labelkeep takes not even an empty list of sources",
      rule: { action: "labelkeep", sourceLabels: [] },
      want: ["source_labels"],
    },
    { name: "keep needs nothing", rule: { action: "keep" }, want: [] },
    { name: "every regex must be RE2", rule: { action: "keep", regex: "(?=a)" }, want: ["regex"] },
  ])("$name", ({ rule, scheme = "utf8", want }) => {
    expect(relabelRuleProblems(written(rule), scheme).map(({ key }) => key)).toEqual(want);
  });

  it("names key, value, action and rule in every problem", () => {
    expect(relabelRuleProblems(written({ action: "labeldrop", replacement: "x", regex: "a(" }), "utf8")).toEqual([
      { key: "replacement", problem: 'is "x", but must not be set (action labeldrop)' },
      { key: "regex", problem: '"a(" is not RE2 syntax: missing closing )' },
    ]);
  });

  it.each([
    ["(?=x)y", 'invalid or unsupported Perl syntax: "(?="; it has neither look-ahead nor look-behind'],
    ["(?<=x)y", 'invalid named capture: "(?<=x)y"; it has neither look-ahead nor look-behind'],
    ["(a)\\1", 'invalid escape sequence: "\\\\1"'],
  ])("quotes of the regex %s only what somebody wrote", (regex, why) => {
    const problems = relabelRuleProblems(written({ action: "keep", regex }), "utf8");
    expect(problems).toEqual([{ key: "regex", problem: `${JSON.stringify(regex)} is not RE2 syntax: ${why}` }]);
  });
});
