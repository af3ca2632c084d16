import { beforeEach, describe, expect, it } from "@jest/globals";

import type { KubeObject } from "../../src/api/meta.ts";
import { apiVersionOf, RESOURCES, type ResourceType } from "../../src/api/resource-type.ts";
import { OptionalKinds, splitByKind } from "../../src/controllers/optional-kinds.ts";
import { enqueueObject } from "../../src/controllers/runtime/event-handler.ts";
import { type OpenSource, watchSource } from "../../src/controllers/runtime/source.ts";
import { ForbiddenError } from "../../src/kube/errors.ts";
import { FakeCluster } from "../support/fake-cluster.ts";
import { kindDefinition } from "../support/kind-definitions.ts";

const { ServiceMonitor, Route } = RESOURCES;
const MAIN = { namespace: "shop", name: "main" };
const MONITOR = objectOf(ServiceMonitor, "metrics");

function objectOf(type: ResourceType, name: string): KubeObject {
  return { apiVersion: apiVersionOf(type), kind: type.kind, metadata: { name, namespace: "shop" } };
}

function definitionOf(type: ResourceType, established = "True"): KubeObject {
  const status = { conditions: [{ type: "Established", status: established }] };
  return { ...kindDefinition(type), status } as KubeObject;
}

function registrationOf({ group, version }: ResourceType): KubeObject {
  const status = { conditions: [{ type: "Available", status: "True" }] };
  const metadata = { name: `${version}.${group}` };
  return { apiVersion: "apiregistration.k8s.io/v1", kind: "APIService", metadata, status } as KubeObject;
}

async function nextTurn(): Promise<void> {
  await new Promise(setImmediate);
}

describe("OptionalKinds", () => {
  let cluster: FakeCluster;
  let kinds: OptionalKinds;
  let requests: string[];

  beforeEach(() => {
    cluster = new FakeCluster([MONITOR, objectOf(Route, "out")]);
    kinds = new OptionalKinds({ informers: cluster, due: () => [MAIN] });
    requests = [];
  });

  async function open(type: ResourceType, namespace?: string): Promise<OpenSource> {
    const scope = namespace === undefined ? { type } : { type, namespace };
    const source = kinds.source(type, watchSource({ informers: cluster, scope, handler: enqueueObject })).open();
    source.subscribe(({ name }) => requests.push(name));
    await nextTurn();
    return source;
  }

  const watched = (): readonly string[] => cluster.scopes.map(({ type }) => type.kind);

  it("asks nothing of a kind that the cluster does not have", async () => {
    const source = await open(ServiceMonitor);
    await source.whenSynced(AbortSignal.timeout(1_000));
    expect(source.synced).toBe(true);
    expect(source.problem()).toBeUndefined();
    expect(watched()).toEqual(["CustomResourceDefinition"]);
    expect(kinds.serves("ServiceMonitor")).toBe(false);
    expect(kinds.served).toEqual([]);
  });

  it("follows its objects as soon as it has it, and makes everything due that may want some", async () => {
    await open(ServiceMonitor);
    cluster.put(definitionOf(ServiceMonitor));
    await nextTurn();
    expect(watched()).toContain("ServiceMonitor");
    expect(kinds.serves("ServiceMonitor")).toBe(true);
    expect(kinds.served).toEqual(["ServiceMonitor"]);
    expect(requests).toEqual(["metrics", "main"]);
  });

  it("waits for a definition that is not in force yet", async () => {
    await open(ServiceMonitor);
    cluster.put(definitionOf(ServiceMonitor, "False"));
    await nextTurn();
    expect(watched()).not.toContain("ServiceMonitor");
  });

  it("is served by a definition only in the version that it is written in", async () => {
    await open(ServiceMonitor);
    cluster.put(definitionOf({ ...ServiceMonitor, version: "v2" }));
    await nextTurn();
    expect(kinds.serves("ServiceMonitor")).toBe(false);
  });

  it("lets go of a kind that goes, and takes it up again", async () => {
    await open(ServiceMonitor);
    cluster.put(definitionOf(ServiceMonitor));
    await nextTurn();
    cluster.delete(definitionOf(ServiceMonitor));
    expect(watched()).not.toContain("ServiceMonitor");
    expect(kinds.serves("ServiceMonitor")).toBe(false);
    cluster.put(definitionOf(ServiceMonitor));
    await nextTurn();
    expect(kinds.serves("ServiceMonitor")).toBe(true);
    expect(requests).toEqual(["metrics", "main", "main", "metrics", "main"]);
  });

  it("knows a kind of another server by the registration of its group", async () => {
    await open(Route);
    expect(watched()).toEqual(["APIService"]);
    cluster.put(registrationOf(Route));
    await nextTurn();
    expect(kinds.serves("Route")).toBe(true);
  });

  it("is not synced before the objects are known", async () => {
    cluster.put(definitionOf(ServiceMonitor));
    cluster.hold("ServiceMonitor");
    const source = await open(ServiceMonitor);
    expect(source.synced).toBe(false);
    expect(source.problem()).toBe("not listed yet");
    expect(kinds.serves("ServiceMonitor")).toBe(false);
    cluster.release("ServiceMonitor");
    await source.whenSynced(AbortSignal.timeout(1_000));
    await nextTurn();
    expect(source.synced).toBe(true);
    expect(kinds.serves("ServiceMonitor")).toBe(true);
  });

  it("is not known completely before it is in all namespaces", async () => {
    cluster.put(definitionOf(ServiceMonitor));
    await open(ServiceMonitor, "shop");
    const other = kinds.source(ServiceMonitor, { name: "other", open: neverSynced }).open();
    await nextTurn();
    expect(kinds.serves("ServiceMonitor")).toBe(false);
    other.close();
  });

  it("takes a kind that it must not know of for one that there is not", async () => {
    cluster.hold("CustomResourceDefinition");
    const source = await open(ServiceMonitor);
    expect(source.synced).toBe(false);
    cluster.fail(
      "CustomResourceDefinition",
      new ForbiddenError("listing definitions", { status: 403, reason: "Forbidden" }),
    );
    await source.whenSynced(AbortSignal.timeout(1_000));
    expect(source.synced).toBe(true);
    expect(source.problem()).toBeUndefined();
    expect(cluster.uses).toBe(0);
  });

  it.each([
    { name: "a token that is refused before anything is known", status: 401, held: true },
    { name: "a token that is refused later", status: 401, held: false },
    { name: "a right that goes away for a while", status: 403, held: false },
  ])("$name hides no kind for good", async ({ status, held }) => {
    if (held) cluster.hold("CustomResourceDefinition");
    await open(ServiceMonitor);
    cluster.fail("CustomResourceDefinition", new ForbiddenError("listing definitions", { status, reason: "" }));
    cluster.fail("CustomResourceDefinition", undefined);
    cluster.release("CustomResourceDefinition");
    cluster.put(definitionOf(ServiceMonitor));
    await nextTurn();
    expect(kinds.serves("ServiceMonitor")).toBe(true);
  });

  it("leaves nothing behind", async () => {
    cluster.put(definitionOf(ServiceMonitor));
    const source = await open(ServiceMonitor);
    source.close();
    expect(cluster.uses).toBe(0);
    expect(requests).toEqual(["metrics", "main"]);
  });

  it("stops waiting when it is told to", async () => {
    cluster.hold("CustomResourceDefinition");
    const source = await open(ServiceMonitor);
    await expect(source.whenSynced(AbortSignal.abort(new Error("enough")))).rejects.toThrow("enough");
  });

  it("tells objects that can be made from kinds that there are not", async () => {
    await open(ServiceMonitor);
    const service = objectOf(RESOURCES.Service, "a");
    expect(splitByKind([service, MONITOR, MONITOR], kinds)).toEqual({
      makeable: [service],
      unknown: ["ServiceMonitor"],
    });
  });
});

function neverSynced(): OpenSource {
  return {
    synced: false,
    whenSynced: async () => new Promise<void>(() => undefined),
    problem: () => "never",
    subscribe: () => undefined,
    close: () => undefined,
  };
}
