import { describe, expect, it } from "@jest/globals";

import { globalProblems, globalSection } from "../../src/prometheus-cr/global-section.ts";

describe("globalSection", () => {
  it("has the interval and the protocols of the administrator", () => {
    expect(globalSection({ scrapeIntervalMs: 90_000, scrapeProtocols: ["PrometheusProto"] })).toEqual({
      scrape_interval: "1m30s",
      scrape_protocols: ["PrometheusProto"],
    });
  });

  it("leaves protocols to Prometheus when there are none", () => {
    expect(globalSection({ scrapeIntervalMs: 0, scrapeProtocols: [] })).toEqual({ scrape_interval: "0s" });
  });
});

describe("globalProblems", () => {
  it.each<{ name: string; scrapeProtocols: readonly string[]; problems: readonly RegExp[] }>([
    { name: "nothing", scrapeProtocols: ["PrometheusProto"], problems: [] },
    {
      name: "an unknown protocol",
      scrapeProtocols: ["Pigeon"],
      problems: [/^scrape_protocols: "Pigeon" is no scrape protocol/],
    },
  ])("finds $name", ({ scrapeProtocols, problems }) => {
    const found = globalProblems({ scrapeIntervalMs: 30_000, scrapeProtocols });
    expect(found).toEqual(problems.map((pattern) => expect.stringMatching(pattern)));
  });
});
