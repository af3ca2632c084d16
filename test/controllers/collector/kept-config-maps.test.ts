import { describe, expect, it } from "@jest/globals";

import type { KubeObject } from "../../../src/api/meta.ts";
import { withDefaults } from "../../../src/api/opentelemetry/default.ts";
import { keptConfigMaps } from "../../../src/controllers/collector/kept-config-maps.ts";
import { collector } from "../../support/collectors.ts";

function configMap(name: string, day: number, component = "opentelemetry-collector"): KubeObject {
  const creationTimestamp = `2026-01-0${String(day)}T00:00:00Z`;
  const labels = { "app.kubernetes.io/component": component };
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "shop", creationTimestamp, labels } };
}

const OWNED = [
  configMap("first", 1),
  configMap("second", 2),
  configMap("third", 3),
  configMap("current", 4),
  configMap("allocator", 5, "opentelemetry-targetallocator"),
];

describe("keptConfigMaps", () => {
  it.each([
    { configVersions: 1, want: ["third"] },
    { configVersions: 2, want: ["third", "second"] },
    { configVersions: 9, want: ["third", "second", "first"] },
  ])("keeps the newest $configVersions beside the current one", ({ configVersions, want }) => {
    const kept = keptConfigMaps(withDefaults(collector({ spec: { configVersions } })), OWNED, [
      configMap("current", 4),
    ]);
    expect([...kept]).toEqual(want.map((name) => `ConfigMap shop/${name}`));
  });
});
