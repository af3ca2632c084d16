import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

import { OPENTELEMETRY_COLLECTOR } from "../../src/api/opentelemetry/schema/collector.ts";
import { ALLOCATION_STRATEGIES } from "../../src/api/opentelemetry/schema/target-allocator-fields.ts";
import { fillDefaults } from "../../src/api/opentelemetry/schema/fill-defaults.ts";
import type { OpenTelemetryCollector } from "../../src/api/opentelemetry/v1beta1.ts";
import { KUBERNETES_TYPES_PATH, readKubernetesTypes } from "../../tools/generate/read-kubernetes-types.ts";
import { collector, RICH_SPEC } from "../support/collectors.ts";
import { type ControlPlane, installCrds, START_TIMEOUT_MS, startControlPlane } from "../support/control-plane.ts";

const ROOT = join(import.meta.dirname, "../..");
const SAMPLES = join(ROOT, "test/controllers/testdata/go-operator");

let plane: ControlPlane;

beforeAll(async () => {
  plane = await startControlPlane();
  await installCrds(plane);
}, START_TIMEOUT_MS);

afterAll(async () => {
  await plane.stop();
}, START_TIMEOUT_MS);

/** Creates the resource in "default" under a name of its own; resolves with what is stored. */
async function create(object: unknown, flags: readonly string[] = []): Promise<OpenTelemetryCollector> {
  const { metadata, ...rest } = object as OpenTelemetryCollector;
  const { namespace: _namespace, uid: _uid, generation: _generation, ...own } = metadata;
  names += 1;
  const sent = { ...rest, metadata: { ...own, name: `c-${String(names)}`, namespace: "default" } };
  const text = await plane.kubectl(["create", "-o", "json", ...flags, "-f", "-"], JSON.stringify(sent));
  return JSON.parse(text) as OpenTelemetryCollector;
}
let names = 0;

/** As {@link collector} with something changed below `spec`, which no type would let pass. */
function withSpec(change: Readonly<Record<string, unknown>>): unknown {
  const base = collector();
  return { ...base, spec: { ...base.spec, ...change } };
}

it("what the CRDs embed of Kubernetes is what this API server has (else run `make generate-kubernetes-types`)", async () => {
  expect(readFileSync(join(ROOT, KUBERNETES_TYPES_PATH), "utf8")).toBe(await readKubernetesTypes(plane));
});

describe("the CRD takes what was made for the Go operator", () => {
  const samples = readdirSync(SAMPLES)
    .map((name) => [name, parse(readFileSync(join(SAMPLES, name, "input.yaml"), "utf8")) as unknown] as const)
    .filter(([, sample]) => (sample as OpenTelemetryCollector).kind === "OpenTelemetryCollector");

  it.each(samples)("%s, every field", async (_name, sample) => {
    const stored = await create(sample, ["--validate=strict"]);
    expect(stored.spec).toMatchObject({ ...(sample as OpenTelemetryCollector).spec });
  });

  it("a spec with nearly everything, every field", async () => {
    const stored = await create(withSpec({ ...RICH_SPEC }), ["--validate=strict"]);
    expect(stored.spec).toMatchObject({ ...RICH_SPEC });
  });

  it("every strategy, with every setting of strategies", async () => {
    const strategySettings = {
      key: "url",
      weightLabels: ["__meta_weight"],
      zoneLabels: ["rack"],
      nodeZoneLabel: "example.com/rack",
      maxSkewPercent: 0,
      rebalanceAbovePercent: 3,
      rebalanceToPercent: 2,
      maxMovesPerMinute: 0,
    };
    for (const allocationStrategy of ALLOCATION_STRATEGIES) {
      const targetAllocator = { enabled: true, allocationStrategy, strategySettings };
      const stored = await create(withSpec({ targetAllocator }), ["--validate=strict"]);
      expect(stored.spec).toMatchObject({ targetAllocator });
    }
  });

  it("null components, which it keeps", async () => {
    const stored = await create(withSpec({ ...RICH_SPEC }));
    expect(stored.spec?.config.exporters).toMatchObject({ debug: null });
  });
});

describe("the CRD's defaults", () => {
  it.each([
    { name: "of a plain collector", object: withSpec({ targetAllocator: undefined }) },
    { name: "of the target allocator", object: withSpec({}) },
    {
      name: "of parts that are there",
      object: withSpec({
        targetAllocator: { enabled: true, prometheusCR: { enabled: true }, mtls: {} },
        ports: [{ name: "a", port: 1 }],
      }),
    },
  ])("$name are those that the operator fills in itself", async ({ object }) => {
    const { spec } = JSON.parse(JSON.stringify(object)) as OpenTelemetryCollector;
    const stored = await create(object);
    expect(stored.spec).toEqual(fillDefaults(OPENTELEMETRY_COLLECTOR.spec, spec));
  });
});

describe("the CRD refuses", () => {
  it.each([
    { name: "an unknown mode", change: { mode: "cronjob" }, want: "Unsupported value" },
    { name: "a spec without config", change: { config: undefined }, want: "spec.config: Required value" },
    {
      name: "a config without receivers",
      change: { config: { exporters: {}, service: { pipelines: {} } } },
      want: "spec.config.receivers: Required value",
    },
    {
      name: "a pipeline without exporters",
      change: { config: { receivers: {}, exporters: {}, service: { pipelines: { m: { receivers: [] } } } } },
      want: "exporters: Required value",
    },
    {
      name: "an unknown strategy",
      change: { targetAllocator: { allocationStrategy: "x" } },
      want: "Unsupported value",
    },
    { name: "configVersions of 0", change: { configVersions: 0 }, want: "greater than or equal to 1" },
    {
      name: "tolerations of a sidecar",
      change: { mode: "sidecar", tolerations: [{ operator: "Exists" }] },
      want: "which does not support the attribute 'tolerations'",
    },
    {
      name: "affinity of a sidecar",
      change: { mode: "sidecar", affinity: {} },
      want: "which does not support the attribute 'affinity'",
    },
  ])("$name", async ({ change, want }) => {
    await expect(create(withSpec(change))).rejects.toThrow(want);
  });

  it("with strict validation, fields that it does not know", async () => {
    await expect(create(withSpec({ junk: 1 }), ["--validate=strict"])).rejects.toThrow('unknown field "spec.junk"');
  });

  it("without strict validation, only to keep fields that it does not know", async () => {
    const stored = await create(withSpec({ junk: 1 }), ["--validate=ignore"]);
    expect(stored.spec).not.toHaveProperty("junk");
  });
});

describe("kubectl", () => {
  it("knows the short names and shows the columns", async () => {
    const head = (await plane.kubectl(["get", "otelcols", "-A", "-o", "wide"])).split("\n")[0];
    expect(head?.split(/\s+/).filter(Boolean)).toEqual([
      "NAMESPACE",
      "NAME",
      "MODE",
      "VERSION",
      "READY",
      "TARGETS",
      "UNASSIGNED",
      "DEGRADED",
      "ALLOCATION",
      "AGE",
      "IMAGE",
      "MANAGEMENT",
    ]);
  });

  it("scales through the scale subresource", async () => {
    const { metadata } = await create(withSpec({}));
    await plane.kubectl(["scale", "otelcol", metadata.name, "--replicas=4"]);
    const replicas = await plane.kubectl(["get", "otelcol", metadata.name, "-o", "jsonpath={.spec.replicas}"]);
    expect(replicas).toBe("4");
  });

  it("explains every field of the spec", async () => {
    const text = await plane.kubectl(["explain", "otelcol.spec.targetAllocator.collectorNotReadyGracePeriod"]);
    expect(text).toContain("How long a collector that is not ready keeps its targets.");
  });
});
