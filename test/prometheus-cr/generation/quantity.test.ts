import { describe, expect, it } from "@jest/globals";

import { quantityNumber } from "../../../src/prometheus-cr/generation/quantity.ts";

describe("quantityNumber", () => {
  it.each<[string | number, number]>([
    ["1.1", 1.1],
    [1.5, 1.5],
    ["1100m", 1.1],
    ["2k", 2000],
    ["1Ki", 1024],
    ["1.5Gi", 1.5 * 1024 ** 3],
    ["1e3", 1000],
    ["-2", -2],
    [".5", 0.5],
  ])("%s is %s", (quantity, number) => {
    expect(quantityNumber(quantity)).toBe(number);
  });

  it.each(["", "much", "1 Gi", "1kib", "1e", "0x1"])("%s is none", (quantity) => {
    expect(quantityNumber(quantity)).toBeUndefined();
  });
});
