import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";

import { RESOURCES } from "../../../src/api/resource-type.ts";
import { AllocationReconciler } from "../../../src/controllers/collector/allocation-reconciler.ts";
import { ObjectCache } from "../../../src/controllers/object-cache.ts";
import { enqueueObject } from "../../../src/controllers/runtime/event-handler.ts";
import type { OpenSource } from "../../../src/controllers/runtime/source.ts";
import { InMemoryCluster } from "../../../src/kube/in-memory/in-memory-cluster.ts";
import { collector, type CollectorOptions, receiving, SETTINGS } from "../../support/collectors.ts";
import { FakeAllocationHost } from "../../support/fake-allocation-host.ts";

const KEY = "shop/main";
const REQUEST = { namespace: "shop", name: "main" };
const INVALID = receiving({ otlp: {} });
const OFF = { targetAllocator: { enabled: false } };
const UNMANAGED = { managementState: "unmanaged" } as const;

let cluster: InMemoryCluster;
let allocations: FakeAllocationHost;
let reconciler: AllocationReconciler;
let source: OpenSource;

beforeEach(async () => {
  cluster = new InMemoryCluster({ missingNamespaces: "create" });
  allocations = new FakeAllocationHost();
  const cache = new ObjectCache(cluster.informers);
  source = cache.source({ scope: { type: RESOURCES.OpenTelemetryCollector }, handler: enqueueObject }).open();
  reconciler = new AllocationReconciler({ cache, allocations, settings: SETTINGS });
  await source.whenSynced(AbortSignal.timeout(5_000));
});

afterEach(() => source.close());

/** The definition after the resource has come to be so. */
async function after(options: CollectorOptions): Promise<string | undefined> {
  cluster.put(RESOURCES.OpenTelemetryCollector, collector(options));
  await Promise.resolve();
  await reconciler.reconcile(REQUEST);
  return allocations.definitions.get(KEY)?.fileText;
}

describe("AllocationReconciler", () => {
  it("runs an allocation with the generated file, and a changed one when that changes", async () => {
    expect(await after({})).toContain("- job_name: shop\n");
    expect(await after({ scrapeConfigs: [{ job_name: "other" }] })).toContain("- job_name: other\n");
  });

  it("ends it when the allocator is switched off", async () => {
    await after({});
    expect(await after({ spec: OFF })).toBeUndefined();
  });

  it("ends it when the resource is gone, or going", async () => {
    await after({});
    expect(
      await after({ metadata: { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["a/b"] } }),
    ).toBeUndefined();
    allocations.ensure(KEY, { ...REQUEST, fileText: "" });
    await cluster
      .client("tester")
      .mergePatch(RESOURCES.OpenTelemetryCollector, REQUEST, { metadata: { finalizers: null } });
    await cluster.client("tester").delete(RESOURCES.OpenTelemetryCollector, REQUEST);
    await reconciler.reconcile(REQUEST);
    expect(allocations.definitions.size).toBe(0);
  });

  it("keeps the last valid one while the resource is invalid", async () => {
    const valid = await after({});
    expect(await after({ spec: { ...INVALID, targetAllocator: { enabled: true } } })).toBe(valid);
  });

  it("starts none for a resource that was never valid", async () => {
    expect(await after({ spec: { ...INVALID, targetAllocator: { enabled: true } } })).toBeUndefined();
  });

  it("leaves the one of an unmanaged resource as it is, but starts it after a restart", async () => {
    const spec = { targetAllocator: { enabled: true }, ...UNMANAGED };
    const started = await after({ spec });
    expect(started).toContain("- job_name: shop\n");
    allocations.report(KEY, {});
    expect(await after({ spec: { ...spec, ...receiving({ prometheus: { config: { scrape_configs: [] } } }) } })).toBe(
      started,
    );
  });
});
