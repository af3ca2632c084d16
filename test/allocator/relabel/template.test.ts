import { describe, expect, it } from "@jest/globals";

import { compileTemplate } from "../../../src/allocator/relabel/template.ts";

/** The groups of a match of `(?P<first>a)(?P<n>b)?(?P<n>c)(?P<é1>d)`: the first group called n took no part. */
const NAMES = ["", "first", "n", "n", "é1"];
const MATCH = ["acd", "a", undefined, "c", "d"];

describe("compileTemplate", () => {
  it.each<{ name: string; template: string; want: string }>([
    { name: "keeps text without references", template: "plain", want: "plain" },
    { name: "puts in a group by number", template: "<$1>", want: "<a>" },
    { name: "puts in a group in braces", template: "${1}x", want: "ax" },
    { name: "puts in the whole match as $0", template: "$0", want: "acd" },
    { name: "takes the longest name, so $1x is another group", template: "[$1x]", want: "[]" },
    { name: "puts in a group by name", template: "$first", want: "a" },
    { name: "takes the first group of a name that took part", template: "${n}", want: "c" },
    { name: "knows letters of all scripts in names", template: "$é1", want: "d" },
    { name: "leaves out unknown groups", template: "[$9][${nope}]", want: "[][]" },
    { name: "leaves out groups that took no part", template: "[$2]", want: "[]" },
    { name: "makes one dollar sign of two", template: "$$1", want: "$1" },
    { name: "keeps a dollar sign at the end", template: "a$", want: "a$" },
    { name: "keeps a dollar sign before empty braces", template: "${}", want: "${}" },
    { name: "keeps a dollar sign before an open brace", template: "${1", want: "${1" },
    { name: "keeps a dollar sign before a name that is none", template: "${a-b}$-", want: "${a-b}$-" },
    { name: "does not read a leading zero as a number", template: "[$01]", want: "[]" },
    { name: "knows nothing of ECMAScript's references", template: "$&$<n>$`", want: "$&$<n>$`" },
  ])("$name", ({ template, want }) => {
    expect(compileTemplate(template, NAMES).expand(MATCH)).toBe(want);
  });

  it("says which templates are plain text", () => {
    expect(compileTemplate("a$$b", []).literal).toBe("a$b");
    expect(compileTemplate("a$1", []).literal).toBeUndefined();
  });
});
