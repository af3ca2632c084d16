import { describe, expect, it } from "@jest/globals";

import { compileSearch } from "../../../../src/allocator/relabel/regexp/search.ts";

describe("compileSearch", () => {
  it.each([
    { pattern: "team", text: "example.com/team", want: true },
    { pattern: "^team$", text: "example.com/team", want: false },
    { pattern: "(?i)TEAM", text: "team", want: true },
    { pattern: String.raw`\Ateam\z`, text: "team", want: true },
    { pattern: "[[:alpha:]]+/(?P<name>x|y)$", text: "a/y", want: true },
    { pattern: "a.*", text: "b", want: false },
    { pattern: "", text: "anything", want: true },
  ])("finds $pattern in $text: $want", ({ pattern, text, want }) => {
    expect(compileSearch(pattern).test(text)).toBe(want);
    expect(compileSearch(pattern).source).toBe(pattern);
  });

  it.each(["*", "(?=a)", "(a", String.raw`(a)\1`, "[b-a]"])("refuses %s, as Go does", (pattern) => {
    expect(() => compileSearch(pattern)).toThrow(expect.objectContaining({ code: "REGEXP_INVALID" }));
  });
});
