import { describe, expect, it } from "@jest/globals";
import type { KubeObject } from "../../../src/api/meta.ts";
import { RESOURCES } from "../../../src/api/resource-type.ts";
import { enqueueObject } from "../../../src/controllers/runtime/event-handler.ts";
import type { Request } from "../../../src/controllers/runtime/reconciler.ts";
import { callbackSource, watchSource } from "../../../src/controllers/runtime/source.ts";
import { FakeInformers } from "../../support/fake-informers.ts";

const scope = { type: RESOURCES.ConfigMap };
const configMap = (name: string, labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "shop", labels },
});

describe("watchSource", () => {
  it("does not watch until it is opened, and ends its use when it is closed", () => {
    const informers = new FakeInformers();
    const source = watchSource({ informers, scope, handler: enqueueObject });
    expect(informers.watch(scope).uses).toBe(0);
    const [one, other] = [source.open(), source.open()];
    expect(informers.watch(scope).uses).toBe(2);
    one.close();
    other.close();
    expect(informers.watch(scope).uses).toBe(0);
  });

  it("asks for what is in cache at once, then for every change, until it is closed", () => {
    const informers = new FakeInformers();
    const watch = informers.watch(scope);
    watch.put(configMap("a"));
    const requests: Request[] = [];
    const open = watchSource({ informers, scope, handler: enqueueObject }).open();
    open.subscribe((request) => requests.push(request));
    watch.put(configMap("b"));
    watch.put(configMap("a", { changed: "yes" }));
    watch.delete(configMap("b"));
    open.close();
    watch.put(configMap("c"));
    expect(requests.map(({ name }) => name)).toEqual(["a", "b", "a", "b"]);
  });

  it("asks for nothing that the predicate stops", () => {
    const informers = new FakeInformers();
    const requests: Request[] = [];
    const open = watchSource({
      informers,
      scope,
      handler: enqueueObject,
      predicate: ({ object }) => object.metadata.labels?.["mine"] === "yes",
    }).open();
    open.subscribe((request) => requests.push(request));
    informers.watch(scope).put(configMap("theirs"));
    informers.watch(scope).put(configMap("mine", { mine: "yes" }));
    expect(requests.map(({ name }) => name)).toEqual(["mine"]);
  });

  it("says why it is not current", async () => {
    const informers = new FakeInformers();
    const watch = informers.watch(scope);
    const open = watchSource({ informers, scope, handler: enqueueObject }).open();
    expect([open.synced, open.problem()]).toEqual([false, "not listed yet"]);
    watch.fail(new Error("listing configmaps: forbidden"));
    expect(open.problem()).toBe("listing configmaps: forbidden");
    watch.fail(undefined);
    watch.sync();
    await open.whenSynced(new AbortController().signal);
    expect([open.synced, open.problem()]).toEqual([true, undefined]);
  });

  it("stops to wait for the sync when the signal is aborted", async () => {
    const stop = new AbortController();
    const open = watchSource({ informers: new FakeInformers(), scope, handler: enqueueObject }).open();
    const waiting = open.whenSynced(stop.signal);
    stop.abort(new Error("stopping"));
    await expect(waiting).rejects.toThrow("stopping");
  });

  it("is called after what it watches", () => {
    const named = { ...scope, namespace: "shop", labelSelector: "app=web" };
    const source = watchSource({ informers: new FakeInformers(), scope: named, handler: enqueueObject });
    expect(source.name).toBe("configmaps in namespace shop (app=web)");
  });
});

describe("callbackSource", () => {
  it("is always current, and is subscribed from open to close", async () => {
    const subscribers = new Set<(request: Request) => void>();
    const source = callbackSource("allocations", (enqueue) => {
      subscribers.add(enqueue);
      return () => subscribers.delete(enqueue);
    });
    const requests: Request[] = [];
    const open = source.open();
    await open.whenSynced(new AbortController().signal);
    expect([open.synced, open.problem(), subscribers.size]).toEqual([true, undefined, 0]);
    open.subscribe((request) => requests.push(request));
    for (const enqueue of subscribers) enqueue({ namespace: "shop", name: "a" });
    open.close();
    expect(requests).toEqual([{ namespace: "shop", name: "a" }]);
    expect(subscribers.size).toBe(0);
  });
});
