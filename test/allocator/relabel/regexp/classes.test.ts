import { readFileSync } from "node:fs";

import { describe, expect, it } from "@jest/globals";

import { RegexpError } from "../../../../src/allocator/relabel/regexp/ast.ts";
import { parseRegexp } from "../../../../src/allocator/relabel/regexp/parse.ts";
import { compileRegexp } from "../../../../src/allocator/relabel/regexp/regexp.ts";

/** The texts that every pattern was tried on. */
// oxfmt-ignore
const TEXTS: readonly string[] = [
  "", "a", "b", "\u00e9", "K", "k", "\u212a", "\n", "ab", "\u03b1", "\u0378", "\u{1F600}", "x]", "Q", "ad", "ab|cd", " ",
];

/** Recorded from Go 1.26: patterns at the edges of the syntax, and the texts that they match; null: refused. */
const RECORDED = JSON.parse(
  readFileSync(new URL("testdata/go-classes.json", import.meta.url), "utf8"),
) as readonly (readonly [pattern: string, matched: readonly string[] | null])[];

describe("patterns at the edges of the syntax", () => {
  it.each(RECORDED.filter(([, matched]) => matched === null))("%s is refused, as in Go", (pattern) => {
    expect(() => compileRegexp(pattern)).toThrow(RegexpError);
  });

  it.each(RECORDED.filter(([, matched]) => matched !== null))(
    "%s matches what it matches in Go",
    (pattern, matched) => {
      const regexp = compileRegexp(pattern);
      expect(TEXTS.filter((text) => regexp.matches(text))).toEqual(matched);
      expect(TEXTS.filter((text) => regexp.match(text) !== undefined)).toEqual(matched);
    },
  );

  it("ends in a backslash only by itself", () => {
    expect(() => parseRegexp("a\\")).toThrow("trailing backslash at end of expression");
  });

  it("is refused when its program would be too large", () => {
    expect(() => compileRegexp(`(?:${"ab".repeat(5000)}){1000}`)).toThrow("expression too large");
  });
});

describe("what is remembered", () => {
  it("makes no difference when there are more patterns than are remembered", () => {
    const first = compileRegexp("first(.*)");
    for (let i = 0; i < 4100; i += 1)
      expect(compileRegexp(`other${String(i)}.*`).matches(`other${String(i)}!`)).toBe(true);
    const again = compileRegexp("first(.*)");
    expect(again).not.toBe(first);
    expect(again.match("first!")).toEqual(first.match("first!"));
  });

  it("makes no difference when there are more texts than are remembered", () => {
    const regexp = compileRegexp("(?:(a)|(é|\\d))*");
    for (let i = 0; i < 1200; i += 1) {
      const text = `aé${String(i % 600)}`;
      expect(regexp.matches(text)).toBe(true);
      expect(regexp.match(text)?.[1]).toBe("a");
    }
    expect(regexp.matches("b")).toBe(false);
  });
});

describe("replaceAll of a pattern that closes its own group", () => {
  it.each([
    ["a*)|(?:b*", "abc", "<a>bc<>"],
    ["a)|(b", "ab", "<a><b>"],
    ["x*)|(y*", "", "<>"],
    ["a*)|(b*", "baac", "<>baac<>"],
    ["(a)|b)|(?:c*", "abcc", "<a>b<cc>"],
  ])("%s replaces in %j what Go replaces", (pattern, text, want) => {
    expect(compileRegexp(pattern).replaceAll(text, (match) => `<${match[0] ?? ""}>`)).toBe(want);
  });
});
