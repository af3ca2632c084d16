import { describe, expect, it } from "@jest/globals";

import { canonicalDuration } from "../../../src/controllers/manifests/go-duration.ts";

describe("canonicalDuration", () => {
  it.each([
    ["30s", "30s"],
    ["90s", "1m30s"],
    ["1m", "1m0s"],
    ["1h", "1h0m0s"],
    ["1.5h", "1h30m0s"],
    ["0s", "0s"],
    ["0", "0s"],
    ["1500ms", "1.5s"],
    ["250ms", "250ms"],
    ["1h1ms", "1h0m0.001s"],
    ["10us", "10µs"],
    ["-5s", "-5s"],
    ["25h", "25h0m0s"],
    ["soon", "soon"],
    ["1d", "1d"],
  ])("writes %s as %s", (text, want) => {
    expect(canonicalDuration(text)).toBe(want);
  });
});
