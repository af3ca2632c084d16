import { describe, expect, it } from "@jest/globals";

import { parseGoDuration } from "../../src/options/go-duration.ts";

describe("parseGoDuration", () => {
  it.each<{ text: string; want: number }>([
    { text: "0", want: 0 },
    { text: "0s", want: 0 },
    { text: "30s", want: 30_000 },
    { text: "1m0s", want: 60_000 },
    { text: "1h30m", want: 5_400_000 },
    { text: "1.5s", want: 1500 },
    { text: ".5m", want: 30_000 },
    { text: "250ms", want: 250 },
    { text: "1500us", want: 1.5 },
    { text: "1500µs", want: 1.5 },
    { text: "-2s", want: -2000 },
  ])("reads $text", ({ text, want }) => {
    expect(parseGoDuration(text)).toBe(want);
  });

  it.each(["", "1", "1d", "1w", "s", "1 s", "1s ", "1.s.", "--1s"])("refuses %j", (text) => {
    expect(parseGoDuration(text)).toBeUndefined();
  });
});
