import { beforeEach, describe, expect, it } from "@jest/globals";

import type { KubeObject } from "../../src/api/meta.ts";
import type { TargetAllocatorResourceSpec } from "../../src/api/opentelemetry/target-allocator.ts";
import { RESOURCES, type ResourceType } from "../../src/api/resource-type.ts";
import { ClusterGrants } from "../../src/controllers/cluster-grants.ts";
import { COLLECTOR_FINALIZER } from "../../src/controllers/finalizer.ts";
import { ALL_GRANTING_TYPES, GrantingRights } from "../../src/controllers/granting-rights.ts";
import { ObjectCache } from "../../src/controllers/object-cache.ts";
import { enqueueObject } from "../../src/controllers/runtime/event-handler.ts";
import type { ObjectEvent } from "../../src/controllers/runtime/event-recorder.ts";
import type { Result } from "../../src/controllers/runtime/reconciler.ts";
import { Hindrances } from "../../src/controllers/target-allocator/hindrances.ts";
import { RoleReconciler } from "../../src/controllers/target-allocator/role-reconciler.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { ClientLifecycle } from "../../src/kube/client-lifecycle.ts";
import { toKubeError } from "../../src/kube/errors.ts";
import { InMemoryCluster } from "../../src/kube/in-memory/in-memory-cluster.ts";
import { SETTINGS } from "../support/collectors.ts";
import { FakeClock, settle } from "../support/fake-clock.ts";
import { MemoryLogger } from "../support/memory-logger.ts";
import { targetAllocator } from "../support/target-allocators.ts";

const { ClusterRole, Namespace, Role, TargetAllocator } = RESOURCES;
const KEY = { namespace: "shop", name: "main" };
const NAME = "main-shop-targetallocator";
const { signal } = new AbortController();
const MINUTE_MS = 60_000;

const EVERYWHERE: TargetAllocatorResourceSpec = {
  rbac: { create: true },
  scrapeConfigs: [{ job_name: "pods", kubernetes_sd_configs: [{ role: "pod" }] }],
};

function within(...names: readonly string[]): TargetAllocatorResourceSpec {
  const kubernetes = [{ role: "pod", namespaces: { names } }];
  return { rbac: { create: true }, scrapeConfigs: [{ job_name: "pods", kubernetes_sd_configs: kubernetes }] };
}

/** The operator on a cluster in this process that can refuse it something. */
class Stage {
  readonly cluster = new InMemoryCluster();
  readonly user = this.cluster.client("kubectl");
  readonly events: ObjectEvent[] = [];
  readonly hindrances = new Hindrances();
  /** By `method Kind`, with what status the next calls are refused. */
  readonly refusals = new Map<string, number[]>();
  readonly #reconciler: RoleReconciler;

  constructor() {
    const client = this.#refusing(this.cluster.client("otel-allocator"));
    const cache = new ObjectCache(this.cluster.informers);
    for (const type of [TargetAllocator, RESOURCES.OpenTelemetryCollector])
      cache.source({ scope: { type }, handler: enqueueObject }).open();
    this.#reconciler = new RoleReconciler({
      client,
      lifecycle: new ClientLifecycle({ client, types: [TargetAllocator], finalizer: COLLECTOR_FINALIZER }),
      cache,
      grants: new ClusterGrants(client, new GrantingRights(client, new FakeClock(), ALL_GRANTING_TYPES)),
      hindrances: this.hindrances,
      events: { record: (_regarding, event) => this.events.push(event) },
      settings: SETTINGS,
    });
  }

  async pass(): Promise<Result> {
    await settle();
    return this.#reconciler.reconcile(KEY, { signal, log: new MemoryLogger() });
  }

  async createNamespace(name: string): Promise<void> {
    await this.user.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }

  async create(spec: TargetAllocatorResourceSpec): Promise<void> {
    await this.createNamespace("shop");
    await this.user.create(TargetAllocator, targetAllocator({ spec, metadata: KEY }));
  }

  /** One that has roles and is being deleted. */
  async createLeaving(): Promise<void> {
    await this.create(EVERYWHERE);
    await this.pass();
    await this.user.delete(TargetAllocator, KEY);
  }

  async has(type: ResourceType, namespace = ""): Promise<boolean> {
    return (await this.user.get(type, { namespace, name: NAME })) !== undefined;
  }

  async allocator(): Promise<KubeObject | undefined> {
    return this.user.get(TargetAllocator, KEY);
  }

  get reasons(): readonly string[] {
    return this.events.map(({ reason }) => reason);
  }

  #refusing(client: KubeClient): KubeClient {
    return new Proxy(client, {
      get:
        (_target, method: keyof KubeClient) =>
        async (...parameters: readonly unknown[]) => {
          const { kind } = parameters[0] as { readonly kind: string };
          const attempt = `${method} ${kind}`;
          const status = this.refusals.get(attempt)?.shift();
          if (status !== undefined) throw toKubeError(`${attempt}: no`, { status, reason: "" });
          const call = client[method] as (...all: readonly unknown[]) => Promise<unknown>;
          return call.apply(client, [...parameters]);
        },
    });
  }
}

describe("roles", () => {
  let stage: Stage;

  beforeEach(() => {
    stage = new Stage();
  });

  it("for namespaces that are not there wait for these, and hinder no others", async () => {
    await stage.create(within("absent", "shop"));
    expect(await stage.pass()).toEqual({ requeueAfterMs: 30_000 });
    expect(await stage.has(Role, "shop")).toBe(true);
    expect(stage.hindrances.of("shop/main")).toBe(
      "spec.rbac.create: the roles for these namespaces wait until they are there: absent. Create them, or take them out " +
        "of the configuration",
    );
    await stage.createNamespace("absent");
    await stage.pass();
    expect(await stage.has(Role, "absent")).toBe(true);
    expect(stage.hindrances.of("shop/main")).toBeUndefined();
  });

  it("that are no more needed go, though a namespace of others is not there", async () => {
    await stage.create(EVERYWHERE);
    await stage.pass();
    await stage.user.mergePatch(TargetAllocator, KEY, { spec: within("absent", "shop") });
    await stage.pass();
    expect([await stage.has(ClusterRole), await stage.has(Role, "shop")]).toEqual([false, true]);
  });

  it("that somebody has taken away are made again within ten minutes", async () => {
    await stage.create(EVERYWHERE);
    expect(await stage.pass()).toEqual({ requeueAfterMs: 10 * MINUTE_MS });
    await stage.user.delete(ClusterRole, { namespace: "", name: NAME });
    expect(await stage.pass()).toEqual({ requeueAfterMs: 10 * MINUTE_MS });
    expect(await stage.has(ClusterRole)).toBe(true);
  });

  it("are looked at no more where nobody asks for them", async () => {
    await stage.create({});
    expect(await stage.pass()).toEqual({});
  });

  it.each([403, 422])("are not made, and that is told, where the finalizer is refused with %d", async (status) => {
    await stage.create(EVERYWHERE);
    stage.refusals.set("mergePatch TargetAllocator", [status]);
    expect(await stage.pass()).toEqual({ requeueAfterMs: 5 * MINUTE_MS });
    expect(stage.hindrances.of("shop/main")).toContain("mergePatch TargetAllocator: no");
    expect(await stage.has(ClusterRole)).toBe(false);
    await stage.pass();
    expect(await stage.has(ClusterRole)).toBe(true);
    expect(stage.hindrances.of("shop/main")).toBeUndefined();
  });

  it.each(["mergePatch TargetAllocator", "list ClusterRole", "apply ClusterRole"])(
    "are tried again after %s with a token that is refused",
    async (attempt) => {
      await stage.create(EVERYWHERE);
      stage.refusals.set(attempt, [401]);
      await expect(stage.pass()).rejects.toMatchObject({ status: 401 });
      await stage.pass();
      expect(await stage.has(ClusterRole)).toBe(true);
    },
  );
});

describe("an allocator that goes", () => {
  let stage: Stage;

  beforeEach(async () => {
    stage = new Stage();
    await stage.createLeaving();
    // It has a finalizer, so there is something to remove.
    if (!(await stage.has(ClusterRole))) throw new Error("nothing was granted");
  });

  it.each(["list ClusterRole", "delete ClusterRole"])("is held while a token is refused, at %s", async (attempt) => {
    stage.refusals.set(attempt, [401, 401, 401, 401]);
    for (let count = 0; count < 4; count += 1) await expect(stage.pass()).rejects.toMatchObject({ status: 401 });
    expect(await stage.allocator()).toBeDefined();
    await stage.pass();
    expect([await stage.has(ClusterRole), await stage.allocator()]).toEqual([false, undefined]);
    expect(stage.reasons).not.toContain("ClusterRoleLeft");
  });

  it("is held while it may be that the API server refuses for a moment only", async () => {
    stage.refusals.set("list ClusterRole", [403, 403]);
    for (let count = 0; count < 2; count += 1) expect(await stage.pass()).toEqual({ requeueAfterMs: 2_000 });
    await stage.pass();
    expect([await stage.has(ClusterRole), await stage.allocator()]).toEqual([false, undefined]);
    expect(stage.reasons).not.toContain("ClusterRoleLeft");
  });

  it("is let go when the API server goes on refusing, and what may be left is told", async () => {
    stage.refusals.set("delete ClusterRole", [403, 403, 403]);
    for (let count = 0; count < 3; count += 1) await stage.pass();
    expect(await stage.allocator()).toBeUndefined();
    expect(stage.events.at(-1)).toMatchObject({
      reason: "ClusterRoleLeft",
      note: expect.stringContaining("roles of this allocator may be left") as unknown,
    });
  });
});
