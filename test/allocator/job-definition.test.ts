import { describe, expect, it } from "@jest/globals";
import type { ScrapeConfig } from "../../src/allocator/config/scrape-config.ts";
import { toJobDefinition } from "../../src/allocator/job-definition.ts";
import { addressesOf, collectors, createAllocator, group, rule, settled } from "../support/allocations.ts";

function scrapeConfig(fields: Partial<ScrapeConfig> = {}): ScrapeConfig {
  return {
    jobName: "web",
    scrapeIntervalMs: 90_000,
    scrapeTimeoutMs: 500,
    metricsPath: "/metrics",
    scheme: "https",
    params: {},
    nameScheme: "utf8",
    relabelConfigs: [],
    discovery: [],
    settings: {},
    canonicalKey: "",
    ...fields,
  };
}

/** Addresses that are left of some after the job's rules. */
function kept(config: ScrapeConfig, found: readonly (string | Readonly<Record<string, string>>)[]): readonly string[] {
  const allocator = createAllocator();
  allocator.setJobs([toJobDefinition(config, { filtering: true })]);
  allocator.updateGroups("web", "p", [group("0", found)]);
  allocator.setCollectors(collectors(1));
  return addressesOf(settled(allocator), "web", "collector-0");
}

describe("toJobDefinition", () => {
  it("seeds what a scrape would have, parameters by name with their first value, and nothing empty", () => {
    const params = { module: ["http_2xx", "icmp"], empty: [""], none: [], auth: ["x"] };
    expect(toJobDefinition(scrapeConfig({ params }), { filtering: true }).seeds).toEqual([
      ["job", "web"],
      ["__scrape_interval__", "1m30s"],
      ["__scrape_timeout__", "500ms"],
      ["__metrics_path__", "/metrics"],
      ["__scheme__", "https"],
      ["__param_auth", "x"],
      ["__param_module", "http_2xx"],
    ]);
  });

  it.each<[string, Partial<ScrapeConfig>, boolean]>([
    ["equal configurations", {}, true],
    ["a setting that the engine does not read", { canonicalKey: "other", settings: { body_size_limit: "1MB" } }, true],
    ["the order of parameters", { params: { b: ["2"], a: ["1"] } }, true],
    ["another scheme", { scheme: "http" }, false],
    ["another interval", { scrapeIntervalMs: 1000 }, false],
    ["another rule", { relabelConfigs: [rule({ targetLabel: "x", replacement: "y" })] }, false],
    ["a modulus", { relabelConfigs: [rule({ action: "hashmod", modulus: 4n, targetLabel: "x" })] }, false],
    ["other names allowed", { nameScheme: "legacy" }, false],
  ])("gives the same key for the same results: %s", (_name, fields, same) => {
    const base = scrapeConfig({ params: { a: ["1"], b: ["2"] } });
    const keys = [base, { ...base, ...fields }].map(
      (config) => toJobDefinition(config, { filtering: true }).canonicalKey,
    );
    expect(keys[0] === keys[1]).toBe(same);
  });

  it("tells apart with and without filtering", () => {
    const keys = [true, false].map((filtering) => toJobDefinition(scrapeConfig(), { filtering }).canonicalKey);
    expect(keys[0]).not.toBe(keys[1]);
  });

  it("lets rules read seeds, of which a target's own labels are the stronger", () => {
    const relabelConfigs = [rule({ sourceLabels: ["__scheme__"], regex: "https", action: "keep" })];
    expect(kept(scrapeConfig({ relabelConfigs }), ["a:1", { __address__: "b:1", __scheme__: "http" }])).toEqual([
      "a:1",
    ]);
  });

  it("lets every target pass the rule by which a Prometheus operator shards", () => {
    const sharding = [
      rule({ sourceLabels: ["__address__"], action: "hashmod", modulus: 4n, targetLabel: "__tmp_hash" }),
      rule({
        sourceLabels: ["__tmp_hash", "__tmp_disable_sharding"],
        regex: "$(SHARD);|.+;.+",
        action: "keep",
      }),
    ];
    expect(kept(scrapeConfig({ relabelConfigs: sharding }), ["a:1", "b:1", "c:1"])).toEqual(["a:1", "b:1", "c:1"]);
  });

  it.each<[string, Parameters<typeof rule>[0]]>([
    ["reads it", { sourceLabels: ["__tmp_disable_sharding"], regex: "true", action: "keep" }],
    ["compares with it", { sourceLabels: ["flag"], targetLabel: "__tmp_disable_sharding", action: "keepequal" }],
  ])("sets the label that switches off sharding for a rule that %s", (_what, fields) => {
    const found = [{ __address__: "a:1", flag: "true" }];
    expect(kept(scrapeConfig({ relabelConfigs: [rule(fields)] }), found)).toEqual(["a:1"]);
  });

  it("sets the label that switches off sharding for a rule that copies it", () => {
    const relabelConfigs = [
      rule({ action: "labelmap", regex: "__tmp_(.+)", replacement: "seen_$1" }),
      rule({ sourceLabels: ["seen_disable_sharding"], regex: "true", action: "keep" }),
    ];
    expect(kept(scrapeConfig({ relabelConfigs }), ["a:1"])).toEqual(["a:1"]);
  });

  it("does not count the label that switches off sharding for a target's identity", () => {
    const found = [{ __address__: "a:1", __tmp_disable_sharding: "true" }, "a:1"];
    expect(kept(scrapeConfig(), found)).toEqual(["a:1"]);
  });

  it("explains the job's own rules with their own numbers", () => {
    const relabelConfigs = [rule({ targetLabel: "x", replacement: "1" }), rule({ regex: "no", action: "keep" })];
    const { relabel } = toJobDefinition(scrapeConfig({ relabelConfigs }), { filtering: true });
    const written = new Map<string, string>();
    const state = {
      get: (name: string): string => written.get(name) ?? "",
      set: (name: string, value: string): unknown => (value === "" ? written.delete(name) : written.set(name, value)),
      names: (): string[] => [...written.keys()],
    };
    expect(relabel.rules).toEqual(relabelConfigs);
    expect(relabel.trace(state)).toMatchObject([{ rule: 0 }, { rule: 1, dropped: "NoMatch" }]);
    expect([...written]).toEqual([["x", "1"]]);
  });
});
