import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { compareBytewise, sortBytewise } from "../../../src/allocator/labels/bytewise.ts";

const utf8 = new TextEncoder();

describe("compareBytewise", () => {
  it.each<[string, string, string, number]>([
    ["equal texts", "job", "job", 0],
    ["a prefix comes first", "job", "job_name", -1],
    ["capitals come before underscores and small letters", "Team", "__address__", -1],
    ["a code point beyond U+FFFF comes after every other one", "\u{1F600}", "\uFF5E", 1],
    ["accents come after ASCII", "caf\u00e9", "cafz", 1],
    ["the empty text comes first", "", "a", -1],
  ])("%s", (_name, a, b, want) => {
    expect(Math.sign(compareBytewise(a, b))).toBe(want);
    expect(Math.sign(compareBytewise(b, a))).toBe(0 - want);
  });

  it("orders any texts as their UTF-8 bytes are ordered", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
        const want = Buffer.compare(utf8.encode(a), utf8.encode(b));
        expect(Math.sign(compareBytewise(a, b))).toBe(want);
      }),
    );
  });
});

describe("sortBytewise", () => {
  it.each<[string, Parameters<typeof fc.string>[0]]>([
    ["any texts", { unit: "binary" }],
    ["texts without characters beyond U+FFFF", { unit: "binary-ascii" }],
  ])("sorts %s as their UTF-8 bytes are ordered", (_which, constraints) => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(constraints)), (texts) => {
        const want = texts.toSorted((a, b) => Buffer.compare(utf8.encode(a), utf8.encode(b)));
        expect(sortBytewise(texts)).toEqual(want);
      }),
    );
  });
});
