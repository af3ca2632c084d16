import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";

import { formatDuration, parseDuration } from "../../../src/allocator/config/duration.ts";

describe("durations in Prometheus' syntax", () => {
  it.each<{ text: string; ms: number; printed?: string }>([
    { text: "0", ms: 0, printed: "0s" },
    { text: "0w", ms: 0, printed: "0s" },
    { text: "324ms", ms: 324 },
    { text: "1500ms", ms: 1500, printed: "1s500ms" },
    { text: "90s", ms: 90_000, printed: "1m30s" },
    { text: "4d1h", ms: 349_200_000 },
    { text: "14d", ms: 1_209_600_000, printed: "2w" },
    { text: "15d", ms: 1_296_000_000 },
    { text: "3w", ms: 1_814_400_000 },
    { text: "3w2d1h", ms: 1_990_800_000, printed: "23d1h" },
    { text: "365d", ms: 31_536_000_000, printed: "1y" },
    { text: "400d", ms: 34_560_000_000 },
    { text: "10y", ms: 315_360_000_000 },
    { text: "292y", ms: 9_208_512_000_000 },
  ])("reads and prints $text", ({ text, ms, printed = text }) => {
    expect(parseDuration(text)).toBe(ms);
    expect(formatDuration(ms)).toBe(printed);
  });

  it.each(["", "1", "1y1m1d", "1s1s", "1.5d", "d", "-1s", "+1s", "1 s", "1us", "294y", "200y10400w", "107675d"])(
    "refuses %j",
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  it("reads back what it printed", () => {
    fc.assert(
      fc.property(fc.nat({ max: 9_000_000_000_000 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
  });
});
