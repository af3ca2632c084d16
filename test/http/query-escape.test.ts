import { describe, expect, it } from "@jest/globals";
import { assert, property, string } from "fast-check";
import { queryEscape, queryUnescape } from "../../src/http/query-escape.ts";

describe("queryEscape", () => {
  it.each([
    ["serviceMonitor/ns/app/0", "serviceMonitor%2Fns%2Fapp%2F0"],
    ["a b+c", "a+b%2Bc"],
    ["100%", "100%25"],
    ["aZ9-_.~", "aZ9-_.~"],
    ["!'()*", "%21%27%28%29%2A"],
    ["é", "%C3%A9"],
  ])("writes %j as Go does", (text, want) => {
    expect(queryEscape(text)).toBe(want);
  });

  it("is undone by queryUnescape", () => {
    assert(
      property(string({ unit: "binary" }), (text) => {
        expect(queryUnescape(queryEscape(text))).toBe(text.toWellFormed());
      }),
    );
  });
});

describe("queryUnescape", () => {
  it.each([
    ["a+b", "a b"],
    ["a%20b", "a b"],
    ["a%2Bb", "a+b"],
    ["a%25b", "a%b"],
    ["a%2fb", "a/b"],
  ])("reads %s once", (text, want) => {
    expect(queryUnescape(text)).toBe(want);
  });

  it("refuses a malformed escape", () => {
    expect(() => queryUnescape("%zz")).toThrow(URIError);
  });
});
