import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { RE2JS } from "re2js";
import { RegexpError } from "../../src/allocator/relabel/regexp/ast.ts";
import { compileRegexp, type Regexp } from "../../src/allocator/relabel/regexp/regexp.ts";
import { enableLinearRegExpFallback } from "../../src/options/regexp-engine.ts";
import { FUZZ_TIMEOUT_MS, fuzzed } from "../support/fuzz.ts";
import { anyPattern, anyPatternText, anyText, hostileCase } from "../support/random-regexp.ts";

type Groups = readonly (string | null)[] | null;

function groupsOf(regexp: Regexp, text: string): Groups {
  const match = regexp.match(text);
  return match === undefined ? null : Array.from(match, (group) => group ?? null);
}

/** What the linear engine says to the pattern as it was written; undefined when it does not know the syntax. */
function engineGroups(pattern: string, text: string): Groups | undefined {
  try {
    const groups = RE2JS.compile(`^(?s:${pattern})$`).exec(text) as readonly unknown[] | null;
    return groups === null ? null : Array.from(groups, (group) => (typeof group === "string" ? group : null));
  } catch {
    return undefined;
  }
}

/** The compiled pattern; undefined when it was refused as it should be. Every other error is a finding. */
function compiled(pattern: string): Regexp | undefined {
  try {
    return compileRegexp(pattern);
  } catch (error) {
    if (error instanceof RegexpError && error.message !== "") return undefined;
    throw error;
  }
}

describe("random patterns", () => {
  it(
    "find the groups that one engine finds, whatever way they take",
    () => {
      let compared = 0;
      fc.assert(
        fc.property(anyPattern, fc.array(anyText, { minLength: 1, maxLength: 5 }), (pattern, texts) => {
          const regexp = compiled(pattern);
          for (const text of texts) {
            const want = engineGroups(pattern, text);
            if (regexp === undefined || want === undefined) continue;
            compared += 1;
            expect([pattern, text, groupsOf(regexp, text)]).toEqual([pattern, text, want]);
            expect([pattern, text, regexp.matches(text)]).toEqual([pattern, text, want !== null]);
          }
        }),
        fuzzed(2000),
      );
      expect(compared).toBeGreaterThan(fuzzed(2000).numRuns);
    },
    FUZZ_TIMEOUT_MS,
  );

  it(
    "of any characters are compiled or refused with a reason",
    () => {
      let refused = 0;
      fc.assert(
        fc.property(anyPatternText, anyText, (pattern, text) => {
          const regexp = compiled(pattern);
          refused += regexp === undefined ? 1 : 0;
          expect(regexp?.matches(text) ?? false).toBe(regexp?.match(text) !== undefined);
        }),
        fuzzed(2000),
      );
      expect(refused).toBeGreaterThan(100);
    },
    FUZZ_TIMEOUT_MS,
  );
});

describe("hostile patterns over texts of thousands of characters", () => {
  enableLinearRegExpFallback();

  // With backtracking one of them would take longer than all tests together may.
  it(
    "come to an end with the right answer",
    () => {
      fc.assert(
        fc.property(hostileCase, ({ pattern, text }) => {
          const regexp = compiled(pattern);
          if (regexp === undefined) return;
          const want = text.endsWith("!") && engineGroups(pattern, text) !== null;
          expect([pattern, regexp.matches(text)]).toEqual([pattern, want]);
          expect([pattern, regexp.match(text) !== undefined]).toEqual([pattern, want]);
        }),
        fuzzed(60),
      );
    },
    FUZZ_TIMEOUT_MS,
  );
});
