import { describe, expect, it } from "@jest/globals";

import { enableLinearRegExpFallback } from "../../src/options/regexp-engine.ts";

describe("enableLinearRegExpFallback", () => {
  it("lets an expression end that would backtrack for ages", () => {
    enableLinearRegExpFallback();
    expect(new RegExp("^(a+)+b$").test("a".repeat(100))).toBe(false);
  }, 60_000);

  it("leaves results as they are", () => {
    enableLinearRegExpFallback();
    expect(/^(a+)(?::(\d+))?$/.exec("aa:80")).toEqual(expect.arrayContaining(["aa:80", "aa", "80"]));
  });
});
