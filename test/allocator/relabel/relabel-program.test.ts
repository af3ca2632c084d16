import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";

import type { NameScheme } from "../../../src/allocator/relabel/label-name.ts";
import type { RelabelAction, RelabelConfig } from "../../../src/allocator/relabel/relabel-config.ts";
import { compileRelabel } from "../../../src/allocator/relabel/relabel-program.ts";
import { relabelRuleProblems } from "../../../src/allocator/relabel/validate-rule.ts";
import { MapLabelState } from "../../support/map-label-state.ts";
import { naiveRelabel } from "../../support/naive-relabel.ts";

/** A rule with Prometheus' defaults for what is not given. */
function rule(given: Partial<RelabelConfig>): RelabelConfig {
  return {
    sourceLabels: [],
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

type LabelRecord = Readonly<Record<string, string>>;

function relabel(
  labels: LabelRecord,
  rules: readonly RelabelConfig[],
  scheme: NameScheme = "utf8",
): LabelRecord | "dropped" {
  const state = new MapLabelState(labels);
  return compileRelabel(rules, scheme).run(state) ? Object.fromEntries(state.entries()) : "dropped";
}

interface Case {
  readonly name: string;
  readonly labels: LabelRecord;
  readonly rules: readonly RelabelConfig[];
  readonly want: LabelRecord | "dropped";
}

const ABC = { a: "foo", b: "bar", c: "baz" };

describe("replace", () => {
  it.each<Case>([
    {
      name: "puts groups into the replacement",
      labels: ABC,
      rules: [rule({ sourceLabels: ["a"], regex: "f(.*)", targetLabel: "d", replacement: "ch${1}-ch${1}" })],
      want: { ...ABC, d: "choo-choo" },
    },
    {
      name: "sees what the rule before it wrote",
      labels: ABC,
      rules: [
        rule({ sourceLabels: ["a", "b"], regex: "f(.*);(.*)r", targetLabel: "a", replacement: "b${1}${2}m" }),
        rule({ sourceLabels: ["c", "a"], regex: "(b).*b(.*)ba(.*)", targetLabel: "d", replacement: "$1$2$2$3" }),
      ],
      want: { a: "boobam", b: "bar", c: "baz", d: "boooom" },
    },
    {
      name: "takes a group from the middle",
      labels: { a: "foo", b: "bar" },
      rules: [rule({ sourceLabels: ["b"], regex: ".*(b).*", targetLabel: "d" })],
      want: { a: "foo", b: "bar", d: "b" },
    },
    {
      name: "does nothing without a match, even when the replacement is plain text",
      labels: ABC,
      rules: [rule({ sourceLabels: ["a"], regex: "no", targetLabel: "d", replacement: "x" })],
      want: ABC,
    },
    {
      name: "deletes the target when the replacement comes out empty",
      labels: { a: "foo", f: "baz" },
      rules: [rule({ sourceLabels: ["a"], regex: "(f).*", targetLabel: "$1", replacement: "$2" })],
      want: { a: "foo" },
    },
    {
      name: "makes both name and value from groups",
      labels: { a: "some-name-value" },
      rules: [rule({ sourceLabels: ["a"], regex: "some-([^-]+)-([^,]+)", targetLabel: "${1}", replacement: "${2}" })],
      want: { a: "some-name-value", name: "value" },
    },
    {
      name: "deletes the target when the replacement refers to no group",
      labels: { a: "some-name-value", name: "old" },
      rules: [rule({ sourceLabels: ["a"], regex: "some-([^-]+)-([^,]+)", targetLabel: "${1}", replacement: "${3}" })],
      want: { a: "some-name-value" },
    },
    {
      name: "does nothing when the target comes out empty",
      labels: { a: "some-name-value" },
      rules: [
        rule({ sourceLabels: ["a"], regex: "some-([^-]+)-([^,]+)", targetLabel: "${3}", replacement: "${1}" }),
        rule({ sourceLabels: ["a"], regex: "some-([^-]+)-([^,]+)", targetLabel: "${3}", replacement: "${1}" }),
      ],
      want: { a: "some-name-value" },
    },
    {
      name: "reads tags out of a list",
      labels: { __meta_sd_tags: "path:/secret,job:some-job,label:foo=bar" },
      rules: [
        rule({ sourceLabels: ["__meta_sd_tags"], regex: "(?:.+,|^)path:(/[^,]+).*", targetLabel: "__metrics_path__" }),
        rule({ sourceLabels: ["__meta_sd_tags"], regex: "(?:.+,|^)job:([^,]+).*", targetLabel: "job" }),
        rule({
          sourceLabels: ["__meta_sd_tags"],
          regex: "(?:.+,|^)label:([^=]+)=([^,]+).*",
          targetLabel: "${1}",
          replacement: "${2}",
        }),
      ],
      want: {
        __meta_sd_tags: "path:/secret,job:some-job,label:foo=bar",
        __metrics_path__: "/secret",
        job: "some-job",
        foo: "bar",
      },
    },
    {
      name: "matches newlines with a dot, and a group that there is not is empty",
      labels: { a: "line1\nline2" },
      rules: [rule({ sourceLabels: ["a"], regex: "line1.*line2", targetLabel: "d", replacement: "match${1}" })],
      want: { a: "line1\nline2", d: "match" },
    },
    {
      name: "takes names outside of ASCII for both sides",
      labels: { "utf-8.label": "line1\nline2", b: "bar" },
      rules: [
        rule({ sourceLabels: ["utf-8.label"], regex: "line1.*line2", targetLabel: "d.é", replacement: "m${1}" }),
        rule({ sourceLabels: ["b"], regex: "(b).*", targetLabel: "utf-8.${1}" }),
      ],
      want: { "utf-8.label": "line1\nline2", b: "bar", "d.é": "m", "utf-8.b": "b" },
    },
    {
      name: "knows groups by number and by name",
      labels: { __name__: "foo_total_bar" },
      rules: [
        rule({
          sourceLabels: ["__name__"],
          regex: "(?<first>foo)_(?P<second>total)_(.*)",
          targetLabel: "x_$second",
          replacement: "${second}-$3-$first",
        }),
      ],
      want: { __name__: "foo_total_bar", x_total: "total-bar-foo" },
    },
    {
      name: "allows a dollar anchor inside of the pattern",
      labels: { __name__: "http_bytes" },
      rules: [rule({ sourceLabels: ["__name__"], regex: ".*_bytes$", targetLabel: "__unit__", replacement: "bytes" })],
      want: { __name__: "http_bytes", __unit__: "bytes" },
    },
    {
      name: "sets a constant without source labels",
      labels: {},
      rules: [rule({ targetLabel: "env", replacement: "prod" })],
      want: { env: "prod" },
    },
    {
      name: "deletes a label by an empty constant",
      labels: ABC,
      rules: [rule({ targetLabel: "a", replacement: "" })],
      want: { b: "bar", c: "baz" },
    },
    {
      name: "takes dollar signs of a constant as references",
      labels: { a: "" },
      rules: [rule({ targetLabel: "x", replacement: "a$$b" })],
      want: { x: "a$b" },
    },
    {
      name: "joins sources by the separator and reads missing ones as empty",
      labels: { a: "foo" },
      rules: [rule({ sourceLabels: ["a", "missing", "a"], separator: "--", targetLabel: "d" })],
      want: { a: "foo", d: "foo----foo" },
    },
  ])("$name", ({ labels, rules, want }) => {
    expect(relabel(labels, rules)).toEqual(want);
  });

  it("writes no name that the scheme does not allow", () => {
    const rules = [rule({ sourceLabels: ["a"], regex: "(.*)", targetLabel: "x.$1", replacement: "v" })];
    expect(relabel({ a: "y" }, rules, "legacy")).toEqual({ a: "y" });
    expect(relabel({ a: "y" }, rules, "utf8")).toEqual({ a: "y", "x.y": "v" });
  });
});

describe("keep, drop, keepequal, dropequal", () => {
  const keep = (action: RelabelAction, given: Partial<RelabelConfig>): RelabelConfig => rule({ action, ...given });
  it.each<Case>([
    {
      name: "drop drops on a match",
      labels: ABC,
      rules: [keep("drop", { sourceLabels: ["a"], regex: ".*o.*" })],
      want: "dropped",
    },
    {
      name: "drop keeps without a match",
      labels: ABC,
      rules: [keep("drop", { sourceLabels: ["a"], regex: "x" })],
      want: ABC,
    },
    {
      name: "alternatives are anchored as a whole",
      labels: ABC,
      rules: [keep("drop", { sourceLabels: ["a"], regex: "f|o" })],
      want: ABC,
    },
    {
      name: "keep drops without a match",
      labels: ABC,
      rules: [keep("keep", { sourceLabels: ["a"], regex: "no-match" })],
      want: "dropped",
    },
    {
      name: "keep keeps on a match",
      labels: ABC,
      rules: [keep("keep", { sourceLabels: ["a"], regex: "f.*" })],
      want: ABC,
    },
    {
      name: "an empty regex matches only what is absent",
      labels: ABC,
      rules: [keep("keep", { sourceLabels: ["x"], regex: "" })],
      want: ABC,
    },
    {
      name: "keep without source labels looks at the empty text",
      labels: ABC,
      rules: [keep("keep", { regex: ".+" })],
      want: "dropped",
    },
    {
      name: "keepequal keeps equal values",
      labels: { a: "1", b: "1" },
      rules: [keep("keepequal", { sourceLabels: ["a"], targetLabel: "b" })],
      want: { a: "1", b: "1" },
    },
    {
      name: "keepequal drops different values",
      labels: ABC,
      rules: [keep("keepequal", { sourceLabels: ["a"], targetLabel: "b" })],
      want: "dropped",
    },
    {
      name: "dropequal drops equal values",
      labels: { a: "1", b: "1" },
      rules: [keep("dropequal", { sourceLabels: ["a"], targetLabel: "b" })],
      want: "dropped",
    },
    {
      name: "dropequal keeps different values",
      labels: ABC,
      rules: [keep("dropequal", { sourceLabels: ["a"], targetLabel: "b" })],
      want: ABC,
    },
    {
      name: "absent labels are equal",
      labels: ABC,
      rules: [keep("dropequal", { sourceLabels: ["x"], targetLabel: "y" })],
      want: "dropped",
    },
  ])("$name", ({ labels, rules, want }) => {
    expect(relabel(labels, rules)).toEqual(want);
  });

  it("runs no rule behind one that drops", () => {
    const state = new MapLabelState(ABC);
    const rules = [keep("drop", { sourceLabels: ["a"], regex: ".*o.*" }), rule({ targetLabel: "d", replacement: "x" })];
    expect(compileRelabel(rules, "utf8").run(state)).toBe(false);
    expect(state.get("d")).toBe("");
  });
});

describe("hashmod", () => {
  it.each<{ name: string; value: string; modulus: bigint; want: string }>([
    { name: "takes the last eight bytes of the MD5 sum", value: "baz", modulus: 1000n, want: "976" },
    { name: "hashes newlines like everything else", value: "foo\nbar", modulus: 1000n, want: "734" },
    { name: "is exact up to 64 bits", value: "", modulus: 18446744073709551615n, want: "16825458760271544958" },
  ])("$name", ({ value, modulus, want }) => {
    const rules = [rule({ action: "hashmod", sourceLabels: ["c"], targetLabel: "d", modulus })];
    expect(relabel({ c: value }, rules)).toMatchObject({ d: want });
  });
});

describe("labelmap, labeldrop, labelkeep", () => {
  it.each<Case>([
    {
      name: "labelmap adds what it maps",
      labels: { a: "foo", b1: "bar", b2: "baz" },
      rules: [rule({ action: "labelmap", regex: "(b.*)", replacement: "bar_${1}" })],
      want: { a: "foo", b1: "bar", b2: "baz", bar_b1: "bar", bar_b2: "baz" },
    },
    {
      name: "labelmap leaves out names that do not match",
      labels: { a: "foo", __meta_my_bar: "aaa", __meta_my_baz: "bbb", __meta_other: "ccc" },
      rules: [rule({ action: "labelmap", regex: "__meta_(my.*)", replacement: "${1}" })],
      want: { a: "foo", __meta_my_bar: "aaa", __meta_my_baz: "bbb", __meta_other: "ccc", my_bar: "aaa", my_baz: "bbb" },
    },
    {
      name: "labelmap takes values from before the rule",
      labels: { a_x: "1", b_x: "2" },
      rules: [rule({ action: "labelmap", regex: "a_(x)|b_(x)", replacement: "b_$1" })],
      want: { a_x: "1", b_x: "1", b_: "2" },
    },
    {
      name: "of two labels mapped to one name the later wins",
      labels: { a1: "1", a2: "2" },
      rules: [rule({ action: "labelmap", regex: "(a).", replacement: "$1" })],
      want: { a1: "1", a2: "2", a: "2" },
    },
    {
      name: "labeldrop deletes names that match, and later rules may write them again",
      labels: { instance: "foo:80", pod_instance: "bar" },
      rules: [
        rule({ action: "labeldrop", regex: "^instance$" }),
        rule({ sourceLabels: ["pod_instance"], targetLabel: "instance" }),
        rule({ action: "keep", sourceLabels: ["instance"], regex: "bar" }),
      ],
      want: { instance: "bar", pod_instance: "bar" },
    },
    {
      name: "labelkeep deletes all other names, internal ones too",
      labels: { a: "foo", b1: "bar", __address__: "x" },
      rules: [rule({ action: "labelkeep", regex: "(b.*)" })],
      want: { b1: "bar" },
    },
  ])("$name", ({ labels, rules, want }) => {
    expect(relabel(labels, rules)).toEqual(want);
  });
});

describe("names that rules remember", () => {
  it("are right when there are more of them than are remembered", () => {
    const program = compileRelabel(
      [rule({ action: "labelmap", regex: "a(.*)", replacement: "b$1" }), rule({ action: "labeldrop", regex: "a.*" })],
      "utf8",
    );
    for (let i = 0; i < 4200; i += 1) {
      const state = new MapLabelState({ [`a${String(i)}`]: "x", keep: "y" });
      expect(program.run(state)).toBe(true);
      expect(state.names()).toEqual(["keep", `b${String(i)}`]);
    }
  });
});

describe("lowercase, uppercase", () => {
  it.each<Case>([
    {
      name: "write the source in other letters",
      labels: { foo: "bAr123Foo" },
      rules: [
        rule({ action: "lowercase", sourceLabels: ["foo"], targetLabel: "lower" }),
        rule({ action: "uppercase", sourceLabels: ["foo"], targetLabel: "upper" }),
      ],
      want: { foo: "bAr123Foo", lower: "bar123foo", upper: "BAR123FOO" },
    },
    {
      name: "delete the target when the source is empty",
      labels: { lower: "x" },
      rules: [rule({ action: "lowercase", sourceLabels: ["foo"], targetLabel: "lower" })],
      want: {},
    },
  ])("$name", ({ labels, rules, want }) => {
    expect(relabel(labels, rules)).toEqual(want);
  });
});

describe("trace", () => {
  it("tells what each rule saw, changed and decided", () => {
    const rules = [
      rule({ sourceLabels: ["a"], regex: "f(.*)", targetLabel: "d" }),
      rule({ action: "labeldrop", regex: "b|c" }),
      rule({ targetLabel: "a", replacement: "foo" }),
      rule({ action: "keep", sourceLabels: ["d"], regex: "yes" }),
      rule({ targetLabel: "never", replacement: "x" }),
    ];
    expect(compileRelabel(rules, "utf8").trace(new MapLabelState(ABC))).toEqual([
      { rule: 0, action: "replace", sourceValue: "foo", changes: [{ name: "d", before: "", after: "oo" }] },
      {
        rule: 1,
        action: "labeldrop",
        sourceValue: "",
        changes: [
          { name: "b", before: "bar", after: "" },
          { name: "c", before: "baz", after: "" },
        ],
      },
      { rule: 2, action: "replace", sourceValue: "", changes: [] },
      { rule: 3, action: "keep", sourceValue: "oo", changes: [], dropped: "NoMatch" },
    ]);
  });

  it.each<{ action: RelabelAction; want: string }>([
    { action: "drop", want: "Match" },
    { action: "keepequal", want: "NotEqual" },
  ])("says why $action drops", ({ action, want }) => {
    const rules = [rule({ action, sourceLabels: ["a"], targetLabel: "b" })];
    expect(compileRelabel(rules, "utf8").trace(new MapLabelState(ABC))).toMatchObject([{ dropped: want }]);
  });

  it("says that dropequal drops because values are equal", () => {
    const rules = [rule({ action: "dropequal", sourceLabels: ["a"], targetLabel: "b" })];
    expect(compileRelabel(rules, "utf8").trace(new MapLabelState({ a: "1", b: "1" }))).toMatchObject([
      { dropped: "Equal" },
    ]);
  });
});

function isValid(each: RelabelConfig, scheme: NameScheme): boolean {
  return relabelRuleProblems({ ...each, sourceLabelsGiven: each.sourceLabels.length > 0 }, scheme).length === 0;
}

describe("random rules over random labels", () => {
  const name = fc.constantFrom("a", "b", "ab", "__meta_x", "__address__", "é", "j", "zz");
  const value = fc.constantFrom("", "a", "b:80", "foo", "x;y", "caf\u{1F600}", "B", "a\nb", "10.0.0.1:9100");
  const pattern = fc.constantFrom(
    "",
    "(.*)",
    ".+",
    "a|b",
    "(a|foo)(.*)",
    "([^:]+)(?::\\d+)?",
    "__meta_(.+)",
    "(?i)b.*",
    "(a+)+|b",
    ".*o.*",
    "a(.*)",
    "(.*):(\\d+)",
    "\\pL+",
    "(?:(f)|o)*",
    "[^;]*;?.",
    "..",
    "x(.*)y",
    "(a)?(b)?.*",
    "(.)(.*)",
    "caf.",
  );
  const replacement = fc.constantFrom("$1", "", "x", "${1}-$2", "$0", "a$$", "$2$1", "${name}", "new_$1");
  const target = fc.oneof(name, fc.constantFrom("$1", "n_${1}", "${2}", "t"));
  const action = fc.constantFrom<RelabelAction>(
    "replace",
    "replace",
    "replace",
    "keep",
    "drop",
    "keepequal",
    "dropequal",
    "hashmod",
    "labelmap",
    "labeldrop",
    "labelkeep",
    "lowercase",
    "uppercase",
  );
  const rules = fc.array(
    fc
      .record({
        sourceLabels: fc.array(name, { maxLength: 2 }),
        separator: fc.constantFrom(";", "", "--"),
        regex: fc.option(pattern, { nil: undefined }),
        modulus: fc.constantFrom(1n, 7n, 18446744073709551615n),
        targetLabel: target,
        replacement,
        action,
      })
      .map(({ regex, ...given }) => rule(regex === undefined ? given : { ...given, regex })),
    { maxLength: 14 },
  );
  const labels = fc.dictionary(name, value, { maxKeys: 6 });
  const scheme = fc.constantFrom<NameScheme>("legacy", "utf8");

  it("give what a plain evaluator gives, in the same order, and trace takes the same way", () => {
    fc.assert(
      fc.property(labels, rules, scheme, (given, candidates, names) => {
        const program = candidates.filter((each) => isValid(each, names));
        const start = new MapLabelState(given)
          .entries()
          .map(([key, text]) => ({ name: key, value: text, written: false }));
        const want = naiveRelabel(start, program, names)?.map((label) => [label.name, label.value]);
        const compiled = compileRelabel(program, names);
        const [ran, traced] = [new MapLabelState(given), new MapLabelState(given)];
        expect(compiled.run(ran) ? ran.entries() : undefined).toEqual(want);
        const steps = compiled.trace(traced);
        expect(steps.at(-1)?.dropped === undefined ? traced.entries() : undefined).toEqual(want);
      }),
      { numRuns: 3000 },
    );
  });
});
