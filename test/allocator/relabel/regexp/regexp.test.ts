import { readFileSync } from "node:fs";

import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { RE2JS } from "re2js";

import { compileRegexp } from "../../../../src/allocator/relabel/regexp/regexp.ts";
import { enableLinearRegExpFallback } from "../../../../src/options/regexp-engine.ts";

/**
 * Recorded from Go 1.26: `regexp.MustCompile("^(?s:" + pattern + ")$").FindStringSubmatch(text)`. Curated patterns and
 * random ones, with every construct of RE2 and much that RE2 does not have.
 */
type Recorded = { readonly pattern: string } & (
  | { readonly error: true }
  | { readonly matches: readonly (readonly [text: string, groups: readonly (string | null)[] | null])[] }
);

const RECORDED = JSON.parse(
  readFileSync(new URL("testdata/go-regexp.json", import.meta.url), "utf8"),
) as readonly Recorded[];

const groupsOf = (pattern: string, text: string): readonly (string | null)[] | null => {
  const match = compileRegexp(pattern).match(text);
  return match === undefined ? null : Array.from(match, (group) => group ?? null);
};

describe("compileRegexp agrees with Go's regexp", () => {
  const valid = RECORDED.filter((each) => "matches" in each);
  const invalid = RECORDED.filter((each) => "error" in each);

  it("was compared with enough patterns of both kinds", () => {
    expect(valid.length).toBeGreaterThan(1000);
    expect(invalid.length).toBeGreaterThan(100);
  });

  it("refuses what Go refuses", () => {
    const accepted = invalid.filter(({ pattern }) => !isRefused(pattern));
    expect(accepted.map(({ pattern }) => pattern)).toEqual([]);
  });

  it("finds the groups that Go finds", () => {
    const want = valid.map(({ pattern, matches }) => [pattern, matches]);
    const got = valid.map(({ pattern, matches }) => [
      pattern,
      matches.map(([text]) => [text, groupsOf(pattern, text)]),
    ]);
    expect(got).toEqual(want);
  });

  it("matches exactly the texts of which it finds groups", () => {
    const differing = valid.filter(({ pattern, matches }) =>
      matches.some(([text, groups]) => compileRegexp(pattern).matches(text) !== (groups !== null)),
    );
    expect(differing).toEqual([]);
  });
});

function isRefused(pattern: string): boolean {
  try {
    compileRegexp(pattern);
    return false;
  } catch (error) {
    return (error as { readonly code?: unknown }).code === "REGEXP_INVALID";
  }
}

describe("compileRegexp", () => {
  it("gives the same object for the same pattern", () => {
    expect(compileRegexp("same(.*)")).toBe(compileRegexp("same(.*)"));
  });

  it.each<{ name: string; pattern: string; want: RegExp }>([
    { name: "names the part that is wrong", pattern: "x[z-a]", want: /invalid character class range: "z-a"/ },
    { name: "names an escape that RE2 does not have", pattern: String.raw`a\Z`, want: /invalid escape sequence/ },
    { name: "names a quantifier without anything before it", pattern: "a|*", want: /missing argument to repetition/ },
    { name: "names a stacked quantifier", pattern: "a**", want: /invalid nested repetition operator/ },
    { name: "names look-around", pattern: "(?=a)", want: /invalid or unsupported Perl syntax/ },
    { name: "says that a group is not closed", pattern: "(a", want: /missing closing \)/ },
    { name: "says that it nests too deeply", pattern: "(".repeat(1001) + ")".repeat(1001), want: /too deeply/ },
    { name: "says that it repeats too often", pattern: "(a{50}){50}", want: /invalid repeat count/ },
    { name: "refuses half a surrogate pair", pattern: "\ud83d", want: /invalid Unicode text/ },
  ])("$name", ({ pattern, want }) => {
    expect(() => compileRegexp(pattern)).toThrow(want);
  });

  it("does not overflow the stack on a hundred thousand parentheses", () => {
    expect(isRefused("(?:".repeat(100_000))).toBe(true);
  });

  it("replaces every match of a pattern that is not anchored", () => {
    expect(compileRegexp("a)|(b").replaceAll("abcb", (match) => `<${match[0] ?? ""}>`)).toBe("<a>bc<b>");
  });

  it("leaves a text alone that an anchored pattern does not match", () => {
    expect(compileRegexp("a").replaceAll("ab", () => "x")).toBe("ab");
  });
});

describe("shapes of patterns that never reach an engine", () => {
  const literal = fc.constantFrom("", "a", "b", "ab", "\u{1F600}", "é");
  const wildcard = fc.constantFrom(".*", ".+", "(.*)", "(.+)", ".*?");
  const shape = fc.oneof(
    fc.tuple(literal, wildcard, literal).map((parts) => parts.join("")),
    fc.array(literal, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("|")),
    literal.map((text) => `.*${text}.*`),
    fc.tuple(literal, literal).map(([a, b]) => `.*(?:${a}|${b}).*`),
    fc.tuple(literal, literal).map(([a, b]) => `${a}[abc]?(?:${b}|x)`),
  );
  const pattern = fc.oneof(
    shape,
    shape.map((text) => `(${text})`),
  );
  const text = fc.array(fc.constantFrom("a", "b", "c", "x", "é", "\u{1F600}", "\n"), { maxLength: 6 });

  it("answer as an engine would", () => {
    fc.assert(
      fc.property(pattern, text, (source, parts) => {
        const engine = RE2JS.compile(`^(?:${source})$`, RE2JS.DOTALL).exec(parts.join("")) as unknown[] | null;
        const want = engine === null ? null : engine.map((group) => group ?? null);
        expect(groupsOf(source, parts.join(""))).toEqual(want);
        expect(compileRegexp(source).matches(parts.join(""))).toBe(want !== null);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("hostile patterns end", () => {
  enableLinearRegExpFallback();
  const many = 50_000;

  // With backtracking each of these takes longer than the universe is old, or at least minutes.
  it.each<{ name: string; pattern: string; text: string; want: boolean }>([
    { name: "nested quantifiers", pattern: "(a+)+b", text: "a".repeat(many), want: false },
    { name: "nested stars", pattern: "((a*)*)*b", text: "a".repeat(many), want: false },
    { name: "ambiguous alternatives", pattern: "(x|xx)*y", text: "x".repeat(many), want: false },
    { name: "counted repetition of repetition", pattern: "(a{1,10}){1,50}b", text: "a".repeat(5000), want: false },
    {
      name: "nested quantifiers with a range of counts",
      pattern: "(?:a{2,8}){2,}c",
      text: "a".repeat(many),
      want: false,
    },
    { name: "many wildcards in a row", pattern: ".*a.*a.*a.*a.*a.*b", text: "a".repeat(3000), want: false },
    {
      name: "many optional characters",
      pattern: `${"a?".repeat(60)}${"a".repeat(60)}`,
      text: "a".repeat(60),
      want: true,
    },
    {
      name: "counted classes in a row",
      pattern: "[ab]{0,30}[ab]{0,30}[ab]{0,30}[ab]{0,30}c",
      text: "a".repeat(110),
      want: false,
    },
    { name: "words with separators", pattern: String.raw`(\w+\s?)+$!`, text: "word ".repeat(10_000), want: false },
    { name: "case folding", pattern: "(?i)(k+)+!", text: "k".repeat(many), want: false },
    { name: "Unicode classes", pattern: String.raw`(\pL+)+!`, text: "é".repeat(many), want: false },
    { name: "characters beyond the basic plane", pattern: "(.+)+!", text: "\u{1F600}".repeat(many), want: false },
  ])(
    "$name",
    ({ pattern, text, want }) => {
      expect(compileRegexp(pattern).matches(text)).toBe(want);
      expect(compileRegexp(pattern).match(text) !== undefined).toBe(want);
    },
    60_000,
  );
});
