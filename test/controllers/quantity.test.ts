import { describe, expect, it } from "@jest/globals";

import { sameQuantity } from "../../src/controllers/quantity.ts";

describe("sameQuantity", () => {
  it.each([
    ["1024Mi", "1Gi"],
    ["1000m", 1],
    ["0.1", "100m"],
    ["1e3", "1k"],
    ["1000000k", "1G"],
    [".5", "500m"],
  ])("finds %s and %s to be the same", (a, b) => {
    expect(sameQuantity(a, b, "limits")).toBe(true);
  });

  it.each([
    ["1Gi", "1G"],
    ["1", "2"],
    ["x", "x"],
  ])("does not find %s and %s to be the same amount", (a, b) => {
    expect(sameQuantity(a, b, "limits")).toBe(false);
  });

  it("looks at fields of quantities only", () => {
    expect(sameQuantity("1024Mi", "1Gi", "value")).toBe(false);
  });
});
