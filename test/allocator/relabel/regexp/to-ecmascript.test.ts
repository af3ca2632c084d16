import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";

import { describe, expect, it } from "@jest/globals";

import { parseRegexp } from "../../../../src/allocator/relabel/regexp/parse.ts";
import { toEcmaScript } from "../../../../src/allocator/relabel/regexp/to-ecmascript.ts";

const translate = (pattern: string): string | undefined => toEcmaScript(parseRegexp(pattern).root, { captures: true });

describe("toEcmaScript", () => {
  it.each<{ name: string; pattern: string }>([
    { name: "literals and classes", pattern: String.raw`a[b-d]\d[^:]` },
    { name: "repetitions of one character", pattern: String.raw`\w+x*y??[ab]{2,3}` },
    { name: "groups and alternatives", pattern: "(a|bc)(?:d|ef)" },
    { name: "an optional group that takes something", pattern: String.raw`([^:]+)(?::\d+)?;(\d+)` },
    { name: "a fixed number of rounds without groups", pattern: String.raw`(?:\d{1,3}\.){3}\d{1,3}` },
    { name: "text anchors and word boundaries", pattern: String.raw`^\bfoo\B$` },
    { name: "ASCII letters in any case", pattern: "(?i)true" },
  ])("takes $name", ({ pattern }) => {
    expect(translate(pattern)).toBeDefined();
  });

  it.each<{ name: string; pattern: string }>([
    { name: "repeated groups, whose captures ECMAScript forgets", pattern: "(?:(a)|b)*" },
    { name: "nested repetitions, which backtrack exponentially", pattern: "(a+)+" },
    { name: "repeated alternatives, which may be ambiguous", pattern: "(?:x|xx)*" },
    { name: "optional groups that may take nothing", pattern: "(a*)?" },
    { name: "line anchors, which know other line ends", pattern: "(?m)^a$" },
    { name: "Unicode classes", pattern: String.raw`\pL` },
    { name: "case folding outside of ASCII", pattern: "(?i)é" },
    { name: "characters beyond the basic plane", pattern: "\u{1F600}" },
    { name: "what would become too long", pattern: "(?:[a-y]{1,100}z){9}" },
  ])("leaves out $name", ({ pattern }) => {
    expect(translate(pattern)).toBeUndefined();
  });

  it("gives only what V8's linear engine can take over", () => {
    setFlagsFromString("--enable-experimental-regexp-engine");
    const file = readFileSync(new URL("testdata/go-regexp.json", import.meta.url), "utf8");
    const patterns = (JSON.parse(file) as readonly { readonly pattern: string; readonly error?: true }[])
      .filter(({ error }) => error === undefined)
      .map(({ pattern }) => translate(`^(?s:${pattern})$`))
      .filter((source) => source !== undefined);
    expect(patterns.length).toBeGreaterThan(500);
    expect(patterns.filter((source) => !isLinear(source))).toEqual([]);
  });
});

/** The flag that makes V8 refuse what cannot run in linear time; it exists only with the experimental engine. */
const LINEAR = "l";

function isLinear(source: string): boolean {
  try {
    return new RegExp(source, LINEAR).source !== "";
  } catch {
    return false;
  }
}
