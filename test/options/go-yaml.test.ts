import { readFileSync } from "node:fs";

import { describe, expect, it } from "@jest/globals";

import { type DataValue, goNumberText } from "../../src/allocator/index.ts";
import { ConfigError } from "../../src/options/config-error.ts";
import { readGoYaml } from "../../src/options/go-yaml.ts";

/** Recorded from Go's yaml.v2: a plain scalar, what Go writes for it after reading it, and whether Go quotes that. */
const SCALARS = JSON.parse(
  readFileSync(new URL("testdata/go-yaml-scalars.json", import.meta.url), "utf8"),
) as readonly (readonly [source: string, text: string, quoted: boolean])[];

describe("plain scalars", () => {
  it.each(SCALARS)("%j is what Go writes as %j", (source, text, quoted) => {
    const { k: value } = readGoYaml(`k: ${source}\n`) as { readonly k: DataValue };
    expect(textOf(value)).toBe(text);
    // Go quotes a text that would otherwise read as something else.
    expect(typeof value === "string" || !quoted).toBe(true);
  });

  it.each<{ source: string; want: DataValue }>([
    { source: "yes", want: true },
    { source: '"yes"', want: "yes" },
    { source: "'0x1F'", want: "0x1F" },
    { source: "0x1F", want: 31 },
    { source: "017", want: 15 },
    { source: "08", want: 8 },
    { source: "1_000", want: 1000 },
    { source: "1.10", want: 1.1 },
    { source: "-0", want: 0 },
    { source: "-0.0", want: -0 },
    { source: "~", want: null },
    { source: "1:30", want: "1:30" },
    { source: "2024-01-02", want: "2024-01-02" },
    { source: "18446744073709551615", want: 18446744073709551615n },
    { source: "!!str 5", want: "5" },
    { source: "!!float 5", want: 5 },
    { source: "!!binary aGk=", want: "hi" },
    { source: "!other x", want: "x" },
  ])("$source is read with its type", ({ source, want }) => {
    expect(readGoYaml(`k: ${source}\n`)).toEqual({ k: want });
  });

  it("stay text where a number could not tell how Go writes it", () => {
    expect(readGoYaml("[1000000.0, 1000000, 1e6]")).toEqual(["1e+06", 1000000, "1e+06"]);
  });
});

function textOf(value: DataValue): string {
  if (typeof value === "number" || typeof value === "bigint") return goNumberText(value);
  return typeof value === "string" ? value : JSON.stringify(value);
}

describe("readGoYaml", () => {
  it.each<{ name: string; text: string; want: DataValue }>([
    { name: "reads an empty text as null", text: "", want: null },
    { name: "reads only the first document", text: "a: 1\n---\nb: 2\n", want: { a: 1 } },
    { name: "takes the last of duplicate keys", text: "a: 1\nb: 2\na: 3\n", want: { a: 3, b: 2 } },
    {
      name: "makes texts of keys, in Go's form",
      text: "1.0: a\nyes: b\n0x1F: c\n~: d\n",
      want: { "1": "a", true: "b", "31": "c", "": "d" },
    },
    {
      name: "follows anchors and merge keys",
      text: "first: &x {a: 1, b: 2}\nsecond: {<<: *x, b: 3}\n",
      want: { first: { a: 1, b: 2 }, second: { a: 1, b: 3 } },
    },
    {
      name: "reads blocks and folded texts",
      text: "a: |\n  x\n  y\nb: >-\n  x\n  y\n",
      want: { a: "x\ny\n", b: "x y" },
    },
    { name: "ignores tags that mean nothing", text: "a: !x {b: !y [1]}\n", want: { a: { b: [1] } } },
  ])("$name", ({ text, want }) => {
    expect(readGoYaml(text)).toEqual(want);
  });

  it("keeps the key __proto__ an ordinary one", () => {
    expect(Object.entries(readGoYaml("__proto__: {a: 1}") as object)).toEqual([["__proto__", { a: 1 }]]);
  });

  it.each<{ name: string; text: string; want: RegExp }>([
    { name: "a bracket that is not closed", text: "a: [1\nb: c\n", want: /^line 2, column \d+: not YAML: / },
    { name: "bad indentation", text: "a:\n  b: 1\n c: 2\n", want: /^line 3, column \d+: not YAML: / },
    { name: "an unknown alias", text: "a: *x\n", want: /^line 1, column \d+: not YAML: / },
    {
      name: "a value that is not what its tag says",
      text: "a: 1\nb: !!int x\n",
      want: /^line 2, column \d+: not YAML: /,
    },
    { name: "a mapping as a key", text: "? {a: 1}\n: b\n", want: /^line 1, column \d+: not YAML: / },
  ])("says line and column of $name", ({ text, want }) => {
    expect(problemsOf(() => readGoYaml(text))).toEqual([expect.stringMatching(want)]);
  });
});

it.each(['"\\ud800"', '"x\\udfff": 1', '["\\U0000DEAD"]', '{a: !!str "\\ud800"}'])(
  "refuses half a character: %s",
  (text) => {
    expect(problemsOf(() => readGoYaml(text))).toEqual([expect.stringContaining("half a character")]);
  },
);

it("takes a pair of halves as one character", () => {
  expect(readGoYaml('"\\ud83d\\ude00"')).toBe("\u{1F600}");
});

describe("an error in a file", () => {
  it.each([
    "*hidden",
    "!hidden{",
    "!hidden!x y",
    "@hidden",
    "a: hidden: b",
    "!<hidden",
    '"\\hidden"',
    "'hidden",
    "&hidden {b: *hidden}",
  ])("quotes nothing of the value %s, which may be a password that wants quotes", (value) => {
    const problems = problemsOf(() => readGoYaml(`password: ${value}\n`));
    expect(problems).toHaveLength(1);
    expect(problems.join()).not.toContain("hidden");
  });

  it("quotes nothing of the file, which may have secrets in it", () => {
    const text = "password: hidden\nbad: [\nbearer_token: hidden\n";
    expect(() => readGoYaml(text)).toThrow(expect.objectContaining({ message: expect.not.stringContaining("hidden") }));
    expect(() => readGoYaml(text)).toThrow(expect.not.objectContaining({ cause: expect.anything() }));
  });
});

function problemsOf(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
