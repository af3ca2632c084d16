import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { load } from "js-yaml";

import { toJsonText } from "../../../src/allocator/config/json-text.ts";

describe("toJsonText", () => {
  it.each<{ name: string; value: Parameters<typeof toJsonText>[0]; want: string }>([
    {
      name: "sorts keys by their encoded bytes",
      value: { b: 1, "a<": 2, "a!": 3, a: 4 },
      want: String.raw`{"a!":3,"a":4,"a\u003c":2,"b":1}`,
    },
    {
      name: "sorts characters beyond the basic plane last",
      value: { "\u{1F600}": 1, "\uFF5E": 2 },
      want: '{"\uFF5E":2,"\u{1F600}":1}',
    },
    {
      name: "escapes what HTML gives a meaning",
      value: "<a>&b</a>",
      want: String.raw`"\u003ca\u003e\u0026b\u003c/a\u003e"`,
    },
    {
      name: "escapes quotes, backslashes and control characters",
      value: '"\\\n\r\t\b\f\u0001',
      want: String.raw`"\"\\\n\r\t\u0008\u000c\u0001"`,
    },
    {
      name: "escapes what YAML does not take as it is",
      value: "\u007f\u0085\u009f\u2028\u2029\ufeff\uffff",
      want: String.raw`"\u007f\u0085\u009f\u2028\u2029\ufeff\uffff"`,
    },
    {
      name: "keeps whole pairs of surrogates, which YAML would not join again",
      value: "\u{1F600}é",
      want: '"\u{1F600}é"',
    },
    { name: "replaces halves of pairs", value: "a\ud83db\ude00", want: String.raw`"a\ufffdb\ufffd"` },
    { name: "writes exponents with two digits", value: [1e-7, 1.5, 1e21], want: "[1e-07,1.5,1e+21]" },
    { name: "writes big integers in full", value: 18446744073709551615n, want: "18446744073709551615" },
    { name: "leaves out what is undefined and writes null", value: { a: undefined, b: null }, want: '{"b":null}' },
  ])("$name", ({ value, want }) => {
    expect(toJsonText(value)).toBe(want);
  });

  it("is JSON and YAML at once, and both read the same back", () => {
    const value = fc.jsonValue({ maxDepth: 3, stringUnit: "binary" });
    fc.assert(
      fc.property(value, (given) => {
        const text = toJsonText(given);
        const back: unknown = JSON.parse(text);
        expect(back).toEqual(JSON.parse(JSON.stringify(given)));
        expect(load(text)).toEqual(back);
      }),
      { numRuns: 500 },
    );
  });
});
