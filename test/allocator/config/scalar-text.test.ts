import { describe, expect, it } from "@jest/globals";

import { goFloatText, goNumberText, numberOfExponentText } from "../../../src/allocator/config/scalar-text.ts";

describe("numbers as Go's YAML writer prints them", () => {
  it.each<{ value: number | bigint; want: string }>([
    { value: 0, want: "0" },
    { value: -0, want: "-0" },
    { value: 1_000_000, want: "1000000" },
    { value: 18446744073709551615n, want: "18446744073709551615" },
    { value: 0.5, want: "0.5" },
    { value: 0.0001, want: "0.0001" },
    { value: 0.00001, want: "1e-05" },
    { value: 1234567.5, want: "1.2345675e+06" },
    { value: NaN, want: ".nan" },
    { value: Infinity, want: ".inf" },
    { value: -Infinity, want: "-.inf" },
  ])("$value is $want", ({ value, want }) => {
    expect(goNumberText(value)).toBe(want);
  });

  it.each([
    [0, "0"],
    [-0, "-0"],
    [1_000_000, "1e+06"],
    [1e100, "1e+100"],
    [123456, "123456"],
  ])("written with a fraction, %d is %s", (value, want) => {
    expect(goFloatText(value)).toBe(want);
  });

  it("are read back only from texts that have an exponent because of their size", () => {
    expect(["1e+06", "-1.5e+20", "1e6", "1e-05", "x"].map(numberOfExponentText)).toEqual([
      1e6,
      -1.5e20,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
