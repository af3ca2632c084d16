import { describe, expect, it } from "@jest/globals";

import { AssetMissingError, recordingReader } from "../../src/prometheus-cr/asset-reader.ts";
import { GENERATORS } from "../../src/prometheus-cr/kinds/generators.ts";
import { MonitorRefusedError } from "../../src/prometheus-cr/monitor-refused-error.ts";
import { CASE_ASSETS, CASE_FILES, monitorOf, readCases } from "../support/monitor-cases.ts";
import { fakeAssets, generationSettings } from "../support/monitor-generation.ts";

describe("recordingReader", () => {
  it("knows each object that was asked for, once, also those that are missing", () => {
    const reader = recordingReader(fakeAssets(CASE_ASSETS));
    expect(reader.secret("shop", { name: "creds", key: "user" })).toBe("alice");
    expect(reader.secret("shop", { name: "creds", key: "pass" })).toBe("p4ss");
    expect(reader.configMap("shop", { name: "certs", key: "id" })).toBe("client-of-config-map");
    expect(() => reader.secret("shop", { name: "nobody", key: "x" })).toThrow(AssetMissingError);
    expect(reader.asked()).toEqual([
      { kind: "Secret", namespace: "shop", name: "creds" },
      { kind: "ConfigMap", namespace: "shop", name: "certs" },
      { kind: "Secret", namespace: "shop", name: "nobody" },
    ]);
  });

  it.each(CASE_FILES)("knows after a refused $kind every object that the valid one reads", ({ kind, path }) => {
    for (const { spec, classes } of readCases(path)) {
      const settings = generationSettings({ scrapeClasses: classes });
      const [full, empty] = [recordingReader(fakeAssets(CASE_ASSETS)), recordingReader(fakeAssets([]))];
      GENERATORS[kind](monitorOf(kind, spec), { settings, assets: full });
      attempt(() => GENERATORS[kind](monitorOf(kind, spec), { settings, assets: empty }));
      expect(empty.asked()).toEqual(expect.arrayContaining([...full.asked()]));
    }
  });
});

/** Refusals are fine; anything else is not. */
function attempt(generate: () => unknown): void {
  try {
    generate();
  } catch (error) {
    if (!(error instanceof MonitorRefusedError)) throw error;
  }
}
