import { readFileSync } from "node:fs";

import { describe, expect, it } from "@jest/globals";

import { compileSegment } from "../../../src/discovery/file/glob-segment.ts";

/** What Go's filepath.Match said: true, false, or null for a malformed pattern. */
type Answer = readonly [pattern: string, name: string, matches: boolean | null];

const ANSWERS = JSON.parse(
  readFileSync(new URL("testdata/go-match.json", import.meta.url), "utf8"),
) as readonly Answer[];

describe("compileSegment", () => {
  it("agrees with Go's filepath.Match on patterns that both understand", () => {
    const wrong = ANSWERS.filter(([pattern, name, matches]) => {
      const matcher = compileSegment(pattern);
      // Go reads a pattern only as far as the name goes, so it misses mistakes that stand behind it.
      return matcher !== undefined && matcher(name) !== matches;
    });
    expect(wrong).toEqual([]);
  });

  it("refuses every pattern that Go calls malformed", () => {
    const accepted = ANSWERS.filter(
      ([pattern, , matches]) => matches === null && compileSegment(pattern) !== undefined,
    );
    expect(accepted).toEqual([]);
  });

  it.each<{ name: string; pattern: string; matches: readonly string[]; not: readonly string[] }>([
    { name: "a star matches dot-files and nothing", pattern: "*.yml", matches: [".yml", ".a.yml"], not: ["yml"] },
    { name: "a question mark is one character, not one byte", pattern: "?.yml", matches: ["é.yml"], not: [".yml"] },
    { name: "a class has ranges", pattern: "[a-cx].yml", matches: ["b.yml", "x.yml"], not: ["d.yml"] },
    { name: "a class can be turned round", pattern: "[^a-c].yml", matches: ["d.yml"], not: ["a.yml", ".yml"] },
    { name: "a backslash takes a character as it is", pattern: "\\*.yml", matches: ["*.yml"], not: ["a.yml"] },
    {
      name: "other special characters of regular expressions are plain",
      pattern: "a+(b|$).yml",
      matches: ["a+(b|$).yml"],
      not: ["aab.yml"],
    },
  ])("$name", ({ pattern, matches, not }) => {
    const matcher = compileSegment(pattern);
    expect(matches.filter((name) => matcher?.(name) === true)).toEqual(matches);
    expect(not.filter((name) => matcher?.(name) === true)).toEqual([]);
  });

  it("takes no long time for many stars", () => {
    const matcher = compileSegment(`${"*a".repeat(60)}*b`);
    expect(matcher?.("a".repeat(255))).toBe(false);
  });
});
