import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";

import {
  compareBytewise,
  contentHash,
  membersOf,
  toGoJson,
} from "../../../src/controllers/manifests/canonical-json.ts";

describe("compareBytewise", () => {
  it("orders texts as their UTF-8 bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "binary" }), (a, b) => {
        expect(Math.sign(compareBytewise(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
    );
  });
});

describe("toGoJson", () => {
  it.each([
    {
      name: "sorts keys by byte, numbers among them",
      value: { b: 1, "10": 2, "9": 3, B: 4 },
      want: '{"10":2,"9":3,"B":4,"b":1}',
    },
    { name: "escapes what HTML minds", value: "<a>&\u2028", want: '"\\u003ca\\u003e\\u0026\\u2028"' },
    { name: "leaves out what is undefined", value: { a: undefined, b: [null] }, want: '{"b":[null]}' },
    {
      name: "keeps the order of a Map",
      value: new Map([
        ["b", 1],
        ["a", 2],
      ]),
      want: '{"b":1,"a":2}',
    },
  ])("$name", ({ value, want }) => {
    expect(toGoJson(value)).toBe(want);
  });
});

describe("contentHash", () => {
  it("does not depend on the order of keys", () => {
    expect(contentHash({ a: 1, b: { c: 2, d: 3 } })).toBe(contentHash({ b: { d: 3, c: 2 }, a: 1 }));
  });

  it("depends on the order of lists", () => {
    expect(contentHash([1, 2])).not.toBe(contentHash([2, 1]));
  });
});

describe("membersOf", () => {
  it("leaves out what is undefined", () => {
    expect(membersOf({ b: undefined, a: 1 })).toEqual([["a", 1]]);
  });
});
