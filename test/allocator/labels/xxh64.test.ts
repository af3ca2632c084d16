import { describe, expect, it } from "@jest/globals";
import { xxh64, xxh64OfBytes } from "../../../src/allocator/labels/xxh64.ts";

describe("xxh64", () => {
  it.each<[string, bigint]>([
    ["", 17241709254077376921n],
    ["a", 0xd24ec4f1a98c6e5bn],
  ])("of %j is the reference value, unsigned", (text, want) => {
    expect(xxh64(text)).toBe(want);
    expect(xxh64OfBytes(new TextEncoder().encode(text))).toBe(want);
  });

  it("hashes the UTF-8 bytes, also of long texts", () => {
    const text = "café \u{1F600} ".repeat(50_000);
    expect(xxh64(text)).toBe(xxh64OfBytes(new TextEncoder().encode(text)));
  });
});
