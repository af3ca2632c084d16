import { beforeEach, describe, expect, it } from "@jest/globals";

import type { TargetAllocator } from "../../../src/api/opentelemetry/target-allocator.ts";
import type { MtlsSpec } from "../../../src/api/opentelemetry/v1beta1.ts";
import { RESOURCES } from "../../../src/api/resource-type.ts";
import { ObjectCache } from "../../../src/controllers/object-cache.ts";
import { enqueueObject } from "../../../src/controllers/runtime/event-handler.ts";
import type { Result } from "../../../src/controllers/runtime/reconciler.ts";
import { CertificateReconciler } from "../../../src/controllers/target-allocator/certificate-reconciler.ts";
import { Hindrances } from "../../../src/controllers/target-allocator/hindrances.ts";
import { toKubeError } from "../../../src/kube/errors.ts";
import { InMemoryCluster } from "../../../src/kube/in-memory/in-memory-cluster.ts";
import { SETTINGS } from "../../support/collectors.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { FlakyConnection } from "../../support/flaky-client.ts";
import { MemoryLogger } from "../../support/memory-logger.ts";
import { targetAllocator } from "../../support/target-allocators.ts";

const { Namespace, Secret, TargetAllocator: ALLOCATOR } = RESOURCES;
const KEY = { namespace: "shop", name: "main" };
const NAMES = ["main-ca-cert", "main-ta-client-cert", "main-ta-server-cert"];
const MARK = "opentelemetry.io/issued-certificates";
const OWN: MtlsSpec = { enabled: true, useCertManager: false };
const HOUR_MS = 3_600_000;
const { signal } = new AbortController();

/** The operator that issues certificates, on a cluster in this process. */
class Stage {
  readonly cluster = new InMemoryCluster();
  readonly user = this.cluster.client("kubectl");
  readonly connection = new FlakyConnection(this.cluster.client("otel-allocator"));
  readonly hindrances = new Hindrances();
  random = 0;
  #reconciler = this.#newReconciler();

  /** Another process takes over. */
  restart(): void {
    this.#reconciler = this.#newReconciler();
  }

  async create(mtls: MtlsSpec | undefined): Promise<void> {
    await this.user.create(Namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name: KEY.namespace } });
    const spec = mtls === undefined ? {} : { mtls };
    await this.user.create(ALLOCATOR, targetAllocator({ metadata: KEY, spec }));
  }

  async patch(patch: unknown): Promise<void> {
    await this.user.mergePatch(ALLOCATOR, KEY, patch);
  }

  async pass(): Promise<Result> {
    await settle();
    return this.#reconciler.reconcile(KEY, { signal, log: new MemoryLogger() });
  }

  async secrets(): Promise<readonly string[]> {
    return (await this.user.list(Secret, { namespace: "shop" })).map(({ metadata: { name } }) => name).toSorted();
  }

  async mark(): Promise<string | undefined> {
    return (await this.user.get<TargetAllocator>(ALLOCATOR, KEY))?.metadata.annotations?.[MARK];
  }

  #newReconciler(): CertificateReconciler {
    const cache = new ObjectCache(this.cluster.informers);
    for (const type of [ALLOCATOR, RESOURCES.OpenTelemetryCollector])
      cache.source({ scope: { type }, handler: enqueueObject }).open();
    return new CertificateReconciler({
      client: this.connection.client,
      cache,
      hindrances: this.hindrances,
      clock: new FakeClock(),
      settings: SETTINGS,
      random: () => this.random,
    });
  }
}

describe("certificates that the operator has issued", () => {
  let stage: Stage;

  beforeEach(async () => {
    stage = new Stage();
    await stage.create(OWN);
    await stage.pass();
  });

  it("are marked at their allocator", async () => {
    expect(await stage.secrets()).toEqual(NAMES);
    expect(await stage.mark()).toBe("true");
  });

  it.each([
    { how: "switched off", patch: { spec: { mtls: { enabled: false } } } },
    { how: "no more spoken of", patch: { spec: { mtls: null } } },
    { how: "gone with the mark", patch: { spec: { mtls: null }, metadata: { annotations: null } } },
  ])("go with the authority's key where mutual TLS is $how", async ({ patch }) => {
    await stage.patch(patch);
    expect(await stage.pass()).toEqual({});
    expect(await stage.secrets()).toEqual([]);
    expect(await stage.mark()).toBeUndefined();
  });

  it("go also when mutual TLS was taken away while there was no operator", async () => {
    await stage.patch({ spec: { mtls: null } });
    stage.restart();
    await stage.pass();
    expect(await stage.secrets()).toEqual([]);
  });

  it("go when the operator may remove them again, if it may not at first", async () => {
    await stage.patch({ spec: { mtls: null } });
    stage.connection.refusal = toKubeError("no", { status: 403, reason: "Forbidden" });
    expect(await stage.pass()).toEqual({ requeueAfterMs: HOUR_MS });
    expect(await stage.secrets()).toEqual(NAMES);
    stage.connection.refusal = undefined;
    await stage.pass();
    expect(await stage.secrets()).toEqual([]);
  });

  it("are not given up because a token is refused", async () => {
    await stage.patch({ spec: { mtls: null } });
    stage.connection.refusal = toKubeError("no", { status: 401, reason: "Unauthorized" });
    await expect(stage.pass()).rejects.toMatchObject({ status: 401 });
    stage.connection.refusal = undefined;
    await stage.pass();
    expect(await stage.secrets()).toEqual([]);
  });

  it.each([
    { random: 0, ms: HOUR_MS },
    { random: 0.5, ms: HOUR_MS * 0.875 },
  ])("are looked at within an hour, out of step: $ms", async ({ random, ms }) => {
    stage.random = random;
    stage.connection.calls.length = 0;
    expect(await stage.pass()).toEqual({ requeueAfterMs: ms });
    expect(stage.connection.calls).toEqual(["get Secret", "get Secret", "get Secret"]);
  });
});

it("an allocator that never had certificates costs no request", async () => {
  const stage = new Stage();
  await stage.create(undefined);
  expect(await stage.pass()).toEqual({});
  expect(stage.connection.calls).toEqual([]);
});
