import { describe, expect, it } from "@jest/globals";

import type { KubeObject } from "../../src/api/meta.ts";
import { RESOURCES } from "../../src/api/resource-type.ts";
import type { ManagedKind, ManagedResource } from "../../src/controllers/managed-kind.ts";
import { ObjectCache } from "../../src/controllers/object-cache.ts";
import { ResourceReconciler } from "../../src/controllers/resource-reconciler.ts";
import { enqueueObject } from "../../src/controllers/runtime/event-handler.ts";
import type { ObjectEvent } from "../../src/controllers/runtime/event-recorder.ts";
import { InMemoryCluster } from "../../src/kube/in-memory/in-memory-cluster.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { FakeCluster } from "../support/fake-cluster.ts";
import { collector } from "../support/collectors.ts";
import { MemoryLogger } from "../support/memory-logger.ts";

const MAIN = { namespace: "shop", name: "main" };
const NOTHING: ReadonlySet<string> = new Set();

/** A kind whose builder meets what nobody has thought of. */
const UNBUILDABLE: ManagedKind<ManagedResource> = {
  type: RESOURCES.OpenTelemetryCollector,
  isLeftAlone: () => false,
  surroundings: () => undefined,
  want: () => {
    throw new TypeError("ports is not iterable");
  },
  defaultedSpec: ({ spec = {} }) => spec,
  owned: () => [],
  kept: () => NOTHING,
  predecessor: () => undefined,
  statusOf: (_resource, { trouble, now }) => ({
    observedGeneration: 1,
    conditions: [
      {
        type: "Degraded",
        status: trouble === undefined ? "False" : "True",
        reason: trouble?.reason ?? "AsExpected",
        message: trouble?.message ?? "",
        lastTransitionTime: now,
      },
    ],
  }),
  overdueInMs: () => undefined,
};

describe("ResourceReconciler", () => {
  it("tells on the resource that its objects cannot be built, and fails once for it", async () => {
    const cluster = new FakeCluster([collector()]);
    const cache = new ObjectCache(cluster);
    cache.source({ scope: { type: RESOURCES.OpenTelemetryCollector }, handler: enqueueObject }).open();
    const statuses: unknown[] = [];
    const events: ObjectEvent[] = [];
    const reconciler = new ResourceReconciler({
      kind: UNBUILDABLE,
      client: new InMemoryCluster().client("otel-allocator"),
      lifecycle: {
        finalize: () => Promise.resolve(true),
        writeStatus: async (_object: KubeObject, status: unknown) => Promise.resolve(void statuses.push(status)),
      },
      cache,
      kinds: { serves: () => true, served: [] },
      events: { record: (_object, event) => void events.push(event) },
      clock: new FakeClock(),
    });
    const context = { signal: AbortSignal.timeout(10_000), log: new MemoryLogger() };
    const message =
      "building the objects of OpenTelemetryCollector shop/main: ports is not iterable; please report this";
    await expect(reconciler.reconcile(MAIN, context)).rejects.toThrow(message);
    expect(statuses).toEqual([
      expect.objectContaining({ conditions: [expect.objectContaining({ reason: "ConfigInvalid", message })] }),
    ]);
    expect(events).toEqual([{ type: "Warning", reason: "ConfigInvalid", note: message }]);
    expect(await reconciler.reconcile(MAIN, context)).toEqual({});
    expect(statuses).toHaveLength(1);
  });
});
