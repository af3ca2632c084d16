import { describe, expect, it } from "@jest/globals";

import { formatByteSize, parseByteSize } from "../../../src/allocator/config/byte-size.ts";

describe("sizes", () => {
  it.each<{ text: string; bytes: bigint; printed: string }>([
    { text: "0", bytes: 0n, printed: "0B" },
    { text: "10MB", bytes: 10_485_760n, printed: "10MiB" },
    { text: "10MiB", bytes: 10_485_760n, printed: "10MiB" },
    { text: "1536B", bytes: 1536n, printed: "1KiB512B" },
    { text: "1GiB512KiB", bytes: 1_074_266_112n, printed: "1GiB512KiB" },
    { text: "1.5KB", bytes: 1536n, printed: "1KiB512B" },
    { text: "+1KB", bytes: 1024n, printed: "1KiB" },
    { text: "-1KB", bytes: -1024n, printed: "-1KiB" },
    { text: "7EB", bytes: 7n * 2n ** 60n, printed: "7EiB" },
  ])("reads and prints $text", ({ text, bytes, printed }) => {
    expect(parseByteSize(text)).toBe(bytes);
    expect(formatByteSize(bytes)).toBe(printed);
  });

  it.each(["", "10", "10 MB", "10mb", "10kB", "MB", "1MB1KiB", "9EB", "1e3B"])("refuses %j", (text) => {
    expect(parseByteSize(text)).toBeUndefined();
  });
});
