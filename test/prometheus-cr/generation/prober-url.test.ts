import { describe, expect, it } from "@jest/globals";

import { proberUrlProblem } from "../../../src/prometheus-cr/generation/prober-url.ts";

describe("proberUrlProblem", () => {
  it.each([
    "blackbox",
    "blackbox.monitoring.svc.cluster.local.",
    "blackbox:9115",
    "black_box:9115",
    "1blackbox.example:80",
    "10.0.0.1",
    "10.0.0.1:9115",
    "::1",
    "2001:db8::1",
    "[2001:db8::1]:9115",
    `${"a".repeat(63)}.example`,
  ])("takes %s", (url) => {
    expect(proberUrlProblem(url)).toBeUndefined();
  });

  it.each([
    "",
    "http://blackbox",
    "https://blackbox:9115",
    "blackbox:",
    "blackbox:0",
    "blackbox:65536",
    "blackbox:http",
    "blackbox:9115/probe",
    "black box",
    "-blackbox",
    "[2001:db8::1]",
    "fe80::1%eth0",
    ":9115",
    `${"a".repeat(64)}.example`,
    `${"a.".repeat(256)}a`,
  ])("refuses %s", (url) => {
    expect(proberUrlProblem(url)).toBe(`${JSON.stringify(url)} must be HOST or HOST:PORT, without scheme and path`);
  });
});
