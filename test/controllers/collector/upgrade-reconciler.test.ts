import { describe, expect, it } from "@jest/globals";

import type { OpenTelemetryCollector } from "../../../src/api/opentelemetry/v1beta1.ts";
import { RESOURCES } from "../../../src/api/resource-type.ts";
import { UpgradeReconciler } from "../../../src/controllers/collector/upgrade-reconciler.ts";
import { inheritedAnnotations } from "../../../src/controllers/collector/collector-input.ts";
import type { ObjectEvent } from "../../../src/controllers/runtime/event-recorder.ts";
import { withDefaults } from "../../../src/api/opentelemetry/default.ts";
import type { KubeClient } from "../../../src/kube/client.ts";
import { ForbiddenError } from "../../../src/kube/errors.ts";
import { InMemoryCluster } from "../../../src/kube/in-memory/in-memory-cluster.ts";
import { collector, SETTINGS } from "../../support/collectors.ts";
import { MemoryLogger } from "../../support/memory-logger.ts";

const KEY = { namespace: "shop", name: "main" };
const TYPE = RESOURCES.OpenTelemetryCollector;
const { signal } = new AbortController();
const OLD = { service: { telemetry: { metrics: { address: "0.0.0.0:8889" } } } };
const READERS = [{ pull: { exporter: { prometheus: { host: "0.0.0.0", port: 8889 } } } }];

interface Stage {
  readonly client: KubeClient;
  readonly events: readonly ObjectEvent[];
  readonly found: () => Promise<OpenTelemetryCollector>;
  readonly pass: (seen?: OpenTelemetryCollector) => Promise<unknown>;
}

/** A collector whose configuration is of a version. */
async function stage(version: string | undefined, more: Readonly<Record<string, unknown>> = {}): Promise<Stage> {
  const cluster = new InMemoryCluster({ missingNamespaces: "create" });
  const client = cluster.client("otel-allocator");
  const { spec, metadata: _made, ...rest } = collector();
  const config = { ...spec?.config, service: { ...spec?.config.service, ...OLD.service } };
  const made = { ...rest, metadata: KEY, spec: { ...spec, config, ...more } } as OpenTelemetryCollector;
  await client.create(TYPE, made);
  const status = version === undefined ? {} : { version };
  await client.applyStatus<OpenTelemetryCollector>(TYPE, { ...rest, metadata: KEY, status });
  const events: ObjectEvent[] = [];
  const found = async (): Promise<OpenTelemetryCollector> => {
    const live = await client.get<OpenTelemetryCollector>(TYPE, KEY);
    if (live === undefined) throw new Error("it is gone");
    return live;
  };
  return {
    client,
    events,
    found,
    pass: async (seen) => {
      const live = seen ?? (await found());
      const reconciler = new UpgradeReconciler({
        client,
        cache: { get: () => live },
        events: { record: (_regarding, event) => events.push(event) },
        settings: { ...SETTINGS, collectorImage: "collector:0.158.0" },
      });
      return reconciler.reconcile(KEY, { signal, log: new MemoryLogger() });
    },
  };
}

const metricsOf = ({ spec }: OpenTelemetryCollector): unknown => spec?.config.service.telemetry;

describe("a collector of an older version", () => {
  it("is upgraded once, with a record of what changed", async () => {
    const { pass, found, events } = await stage("0.121.0");
    await pass();
    const upgraded = await found();
    expect(metricsOf(upgraded)).toEqual({ metrics: { readers: READERS } });
    const record =
      "0.121.0 to 0.158.0: spec.config.service.telemetry.metrics: address became a reader that is pulled from";
    expect(upgraded.metadata.annotations).toEqual({ "opentelemetry.io/upgraded": record });
    expect(events).toEqual([{ type: "Normal", reason: "Upgraded", action: "Upgrade", note: `from ${record}` }]);
    await pass();
    expect((await found()).metadata.resourceVersion).toBe(upgraded.metadata.resourceVersion);
    expect(events).toHaveLength(1);
  });

  it("keeps the record to itself", async () => {
    const { pass, found } = await stage("0.121.0");
    await pass();
    expect(inheritedAnnotations({ collector: withDefaults(await found()), settings: SETTINGS })).toEqual({});
  });

  it("keeps an edit that came in between, and is upgraded after it", async () => {
    const { client, pass, found } = await stage("0.121.0");
    const seen = await found();
    await client.mergePatch(TYPE, KEY, { spec: { replicas: 7 } });
    expect(await pass(seen)).toEqual({ requeueAfterMs: 250 });
    await pass();
    const { spec } = await found();
    expect(spec?.replicas).toBe(7);
    expect(spec?.config.service.telemetry).toEqual({ metrics: { readers: READERS } });
  });

  it.each([
    { name: "that is not to be upgraded", version: "0.121.0", more: { upgradeStrategy: "none" } },
    { name: "that is left alone", version: "0.121.0", more: { managementState: "unmanaged" } },
    { name: "that cannot be run", version: "0.121.0", more: { ports: [{ name: "a", port: 70_000 }] } },
    { name: "of a newer operator", version: "0.200.0", more: {} },
    { name: "that is new", version: undefined, more: {} },
  ])("$name stays as it is", async ({ version, more }) => {
    const { pass, found, events } = await stage(version, more);
    const before = await found();
    expect(await pass()).toEqual({});
    expect(await found()).toEqual(before);
    expect(events).toEqual([]);
  });

  it("stays as it is when the API server refuses the change, which is told", async () => {
    const { client, pass, found, events } = await stage("0.121.0");
    const before = await found();
    client.mergePatch = async () =>
      Promise.reject(new ForbiddenError("patching it: no", { status: 403, reason: "Forbidden" }));
    expect(await pass()).toEqual({});
    expect(await found()).toEqual(before);
    expect(events).toMatchObject([
      { type: "Warning", reason: "UpgradeRefused", note: expect.stringContaining("automated update not possible") },
    ]);
  });
});
