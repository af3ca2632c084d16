import { describe, expect, it } from "@jest/globals";

import { toSimpleLowerCase, toSimpleUpperCase } from "../../../src/allocator/relabel/case-mapping.ts";

describe("simple case mapping", () => {
  it.each<{ name: string; text: string; lower: string; upper: string }>([
    { name: "maps ASCII", text: "bAr123Foo", lower: "bar123foo", upper: "BAR123FOO" },
    { name: "maps accented letters", text: "CaféÉ", lower: "caféé", upper: "CAFÉÉ" },
    { name: "keeps the sharp s, which has no single capital", text: "straße", lower: "straße", upper: "STRAßE" },
    { name: "keeps ligatures", text: "ﬁ", lower: "ﬁ", upper: "ﬁ" },
    { name: "maps the dotted capital I to a plain i", text: "İ", lower: "i", upper: "İ" },
    { name: "maps sigma alike everywhere in a word", text: "ΣΑΣ", lower: "σασ", upper: "ΣΑΣ" },
    { name: "maps the final sigma up", text: "ς", lower: "ς", upper: "Σ" },
    { name: "maps iota subscripts to one letter", text: "ᾀᾳῃῳ", lower: "ᾀᾳῃῳ", upper: "ᾈᾼῌῼ" },
    { name: "maps letters beyond the basic plane", text: "𐐨𐐀", lower: "𐐨𐐨", upper: "𐐀𐐀" },
    { name: "keeps what has no case", text: "1:;\u{1F600}", lower: "1:;\u{1F600}", upper: "1:;\u{1F600}" },
  ])("$name", ({ text, lower, upper }) => {
    expect(toSimpleLowerCase(text)).toBe(lower);
    expect(toSimpleUpperCase(text)).toBe(upper);
  });
});
