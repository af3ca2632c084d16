import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";

import type { KubeObject } from "../../../src/api/meta.ts";
import { RESOURCES } from "../../../src/api/resource-type.ts";
import { ObjectCache } from "../../../src/controllers/object-cache.ts";
import { enqueueObject } from "../../../src/controllers/runtime/event-handler.ts";
import type { OpenSource } from "../../../src/controllers/runtime/source.ts";
import { AllocationReconciler } from "../../../src/controllers/target-allocator/allocation-reconciler.ts";
import { InMemoryCluster } from "../../../src/kube/in-memory/in-memory-cluster.ts";
import { collector, receiving, SETTINGS } from "../../support/collectors.ts";
import { FakeAllocationHost } from "../../support/fake-allocation-host.ts";
import { targetAllocator } from "../../support/target-allocators.ts";

const KEY = "shop/main";
const REQUEST = { namespace: "shop", name: "main" };
const INVALID = { ...receiving({ otlp: {} }), targetAllocator: { enabled: true } };
const UNMANAGED = { managementState: "unmanaged" } as const;
const LABEL = "opentelemetry.io/target-allocator";
const GOING = { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["a/b"] };

let cluster: InMemoryCluster;
let allocations: FakeAllocationHost;
let reconciler: AllocationReconciler;
let sources: readonly OpenSource[];

beforeEach(async () => {
  cluster = new InMemoryCluster({ missingNamespaces: "create" });
  allocations = new FakeAllocationHost();
  const cache = new ObjectCache(cluster.informers);
  sources = [RESOURCES.OpenTelemetryCollector, RESOURCES.TargetAllocator].map((type) =>
    cache.source({ scope: { type }, handler: enqueueObject }).open(),
  );
  reconciler = new AllocationReconciler({ cache, allocations, settings: SETTINGS });
  await Promise.all(sources.map(async (source) => source.whenSynced(AbortSignal.timeout(5_000))));
});

afterEach(() => {
  for (const source of sources) source.close();
});

/** The collector, and the TargetAllocator that was made for it. */
async function withAllocator(maker: KubeObject): Promise<string | undefined> {
  cluster.put(RESOURCES.OpenTelemetryCollector, maker);
  const live = await cluster.client("tester").get(RESOURCES.OpenTelemetryCollector, REQUEST);
  return after(targetAllocator({ maker: live ?? maker }));
}

/** The text of the definition after these objects have come to be so. */
async function after(...objects: readonly KubeObject[]): Promise<string | undefined> {
  for (const object of objects) cluster.put(RESOURCES[object.kind as keyof typeof RESOURCES], object);
  await Promise.resolve();
  await reconciler.reconcile(REQUEST);
  return allocations.definitions.get(KEY)?.fileText;
}

const MAKER = collector();
const USER = collector({
  metadata: { name: "web", uid: "uid-web", labels: { [LABEL]: "main" } },
  spec: { targetAllocator: {} },
});

describe("AllocationReconciler, of a TargetAllocator that was made for a collector", () => {
  it("runs an allocation with the generated file, and a changed one when that changes", async () => {
    expect(await withAllocator(MAKER)).toContain("- job_name: shop\n");
    expect(allocations.definitions.get(KEY)?.collectors).toEqual(["main"]);
    expect(await after(collector({ scrapeConfigs: [{ job_name: "other" }] }))).toContain("- job_name: other\n");
  });

  it.each([
    { name: "gone", end: async () => cluster.client("tester").delete(RESOURCES.TargetAllocator, REQUEST) },
    {
      name: "going",
      end: async () => cluster.put(RESOURCES.TargetAllocator, targetAllocator({ maker: MAKER, metadata: GOING })),
    },
  ])("ends it when the TargetAllocator is $name", async ({ end }) => {
    expect(await withAllocator(MAKER)).toBeDefined();
    await end();
    expect(await after()).toBeUndefined();
  });

  it("keeps the last valid one while the collector is invalid, and starts none for one that never was valid", async () => {
    expect(await withAllocator(collector({ spec: INVALID }))).toBeUndefined();
    const valid = await after(MAKER);
    expect(valid).toContain("- job_name: shop\n");
    expect(await after(collector({ spec: INVALID }))).toBe(valid);
  });

  it("leaves the one of an unmanaged collector as it is, but starts it after a restart", async () => {
    const unmanaged = { targetAllocator: { enabled: true }, ...UNMANAGED };
    const started = await withAllocator(collector({ spec: unmanaged }));
    expect(started).toContain("- job_name: shop\n");
    allocations.report(KEY, {});
    const changed = collector({ spec: unmanaged, scrapeConfigs: [{ job_name: "other" }] });
    expect(await after(changed)).toBe(started);
  });
});

describe("AllocationReconciler, of a TargetAllocator of a user", () => {
  it("runs none while no collector uses it", async () => {
    expect(await after(targetAllocator({ spec: { scrapeConfigs: [{ job_name: "own" }] } }))).toBeUndefined();
  });

  it("runs one for the collectors that name it, until the last one takes its label off", async () => {
    const own = targetAllocator({ spec: { scrapeConfigs: [{ job_name: "own" }] } });
    expect(await after(own, USER)).toMatch(/- job_name: own\n {2}- job_name: shop\n/);
    expect(allocations.definitions.get(KEY)?.collectors).toEqual(["web"]);
    expect(await after({ ...USER, metadata: { ...USER.metadata, labels: {} } })).toBeUndefined();
  });

  it("runs one for pods that it selects itself", async () => {
    const spec = { collectorSelector: { matchLabels: { app: "gateway" } }, scrapeConfigs: [{ job_name: "own" }] };
    expect(await after(targetAllocator({ spec }))).toContain("    app: gateway\n");
    expect(allocations.definitions.get(KEY)?.collectors).toEqual([]);
  });

  it.each([
    { name: "an empty selector", spec: { collectorSelector: {} } },
    { name: "a selector besides collectors that name it", spec: { collectorSelector: { matchLabels: { a: "b" } } } },
  ])("keeps the last valid one while it has $name", async ({ spec }) => {
    const valid = await after(targetAllocator(), USER);
    expect(valid).toBeDefined();
    expect(await after(targetAllocator({ spec }))).toBe(valid);
  });
});
