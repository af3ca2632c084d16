import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { RESOURCES } from "../../../src/api/resource-type.ts";
import type { ChangeEvent, Informer, WatchScope } from "../../../src/kube/informer.ts";
import { eventually } from "../eventually.ts";
import { type AnyObject, type ContractWorld, type Scene, WIDGET, newScene } from "./world.ts";

const SYNC_MS = 30_000;

/** An event in a few words: `updated a 1>2` for data.x. */
function inWords(event: ChangeEvent<AnyObject>): string {
  const before = event.type === "updated" ? `${valueOf(event.previous)}>` : "";
  return `${event.type} ${event.object.metadata.name} ${before}${valueOf(event.object)}`;
}

function valueOf({ data }: AnyObject): string {
  return data?.["x"] ?? "";
}

/** The words, once there are so many. */
function whenThereAre(count: number, words: readonly string[]): Promise<readonly string[]> {
  return eventually(() => {
    expect(words.length).toBeGreaterThanOrEqual(count);
    return words;
  });
}

/** Promises of informers. */
export function describeWatching(world: () => ContractWorld): void {
  let scene: Scene;
  let uses: Informer[] = [];
  beforeEach(async () => {
    scene = await newScene(world());
  });
  afterEach(() => {
    for (const use of uses) use.release();
    uses = [];
  });

  const use = (scope: Partial<WatchScope> = {}): Informer<AnyObject> => {
    const informer = world().informers.informer<AnyObject>({
      type: RESOURCES.ConfigMap,
      namespace: scene.namespace,
      labelSelector: "watched",
      ...scope,
    });
    uses.push(informer);
    return informer;
  };
  const synced = async (informer: Informer<AnyObject>): Promise<Informer<AnyObject>> => {
    await informer.whenSynced(AbortSignal.timeout(SYNC_MS));
    return informer;
  };
  const follow = (informer: Informer<AnyObject>): string[] => {
    const words: string[] = [];
    informer.onChange((event) => words.push(inWords(event)));
    return words;
  };
  const watched = (name: string, x: string, labels: Record<string, string> = { watched: "yes" }): AnyObject =>
    scene.configMap(name, { x }, { labels });
  const put = (object: AnyObject): Promise<AnyObject> => scene.client.apply(RESOURCES.ConfigMap, object);

  describe("watching", () => {
    it("has everything in its cache once it is in sync", async () => {
      await put(watched("a", "1"));
      await put(watched("b", "2"));
      const informer = use();
      expect(informer.synced).toBe(false);
      await synced(informer);
      expect(informer.synced).toBe(true);
      expect(informer.size).toBe(2);
      expect(informer.get(scene.key("a"))?.data).toEqual({ x: "1" });
      expect(informer.get(scene.key("nobody"))).toBeUndefined();
      expect([...informer.list()].map(({ metadata }) => metadata.name).toSorted()).toEqual(["a", "b"]);
    });

    it("tells a new handler at once what is there", async () => {
      await put(watched("a", "1"));
      const words = follow(await synced(use()));
      expect(words).toEqual(["added a 1"]);
    });

    it("delivers additions, changes with what was before, and deletions", async () => {
      const informer = await synced(use());
      const words = follow(informer);
      await put(watched("a", "1"));
      expect(await whenThereAre(1, words)).toEqual(["added a 1"]);
      await put(watched("a", "2"));
      expect(await whenThereAre(2, words)).toEqual(["added a 1", "updated a 1>2"]);
      await scene.client.delete(RESOURCES.ConfigMap, scene.key("a"));
      expect(await whenThereAre(3, words)).toEqual(["added a 1", "updated a 1>2", "deleted a 2"]);
      expect(informer.size).toBe(0);
    });

    it("delivers nothing for a write that changes nothing", async () => {
      const words = follow(await synced(use()));
      await put(watched("a", "1"));
      await put(watched("a", "1"));
      await put(watched("b", "1"));
      expect(await whenThereAre(2, words)).toEqual(["added a 1", "added b 1"]);
    });

    it("delivers the end of one object and the begin of another of the same name", async () => {
      const words = follow(await synced(use()));
      await put(watched("a", "1"));
      await scene.client.delete(RESOURCES.ConfigMap, scene.key("a"));
      await put(watched("a", "2"));
      expect(await whenThereAre(3, words)).toEqual(["added a 1", "deleted a 1", "added a 2"]);
    });

    it("delivers objects that enter and leave the selection by their labels", async () => {
      const words = follow(await synced(use({ labelSelector: "watched=yes" })));
      await put(watched("a", "1", { watched: "no" }));
      await put(watched("a", "2"));
      await put(watched("a", "3", { watched: "no" }));
      await put(watched("b", "1"));
      expect(await whenThereAre(3, words)).toEqual(["added a 2", "deleted a 2", "added b 1"]);
    });

    it("keeps to the selected fields", async () => {
      const words = follow(await synced(use({ labelSelector: "watched", fieldSelector: "metadata.name=b" })));
      await put(watched("a", "1"));
      await put(watched("b", "1"));
      expect(await whenThereAre(1, words)).toEqual(["added b 1"]);
    });

    it("keeps to its namespace, or sees all", async () => {
      const other = await newScene(world());
      const [here, everywhere] = [
        follow(await synced(use({ labelSelector: `only=${scene.namespace}` }))),
        follow(await synced(use({ labelSelector: `only=${scene.namespace}`, namespace: "" }))),
      ];
      const labels = { only: scene.namespace };
      await other.client.apply(RESOURCES.ConfigMap, other.configMap("there", { x: "1" }, { labels }));
      await put(watched("here", "1", labels));
      expect(await whenThereAre(2, everywhere)).toEqual(["added there 1", "added here 1"]);
      expect(await whenThereAre(1, here)).toEqual(["added here 1"]);
    });

    it("says of every object what it is, and keeps no managedFields", async () => {
      await put(watched("a", "1"));
      const object = (await synced(use())).get(scene.key("a"));
      expect(object).toMatchObject({ apiVersion: "v1", kind: "ConfigMap", data: { x: "1" } });
      expect(object?.metadata).not.toHaveProperty("managedFields");
    });

    it("keeps of a pod what discovery reads, in the shape for discovery", async () => {
      await scene.client.create(RESOURCES.Pod, scene.pod("p", { nodeName: "n1", priority: 0 }));
      const scope = { type: RESOURCES.Pod, labelSelector: "" };
      const lean = (await synced(use({ ...scope, shape: "discovery" }))).get(scene.key("p"));
      const full = (await synced(use({ ...scope, shape: "full" }))).get(scene.key("p"));
      expect(lean?.spec).toEqual({
        nodeName: "n1",
        containers: [{ name: "app", image: "registry.example/app:1" }],
      });
      expect(full?.spec).toMatchObject({ nodeName: "n1", priority: 0 });
    });

    it("follows custom resources", async () => {
      const informer = await synced(use({ type: WIDGET, labelSelector: "" }));
      await scene.client.apply(WIDGET, scene.widget("w", { spec: { size: 1 } }));
      await scene.client.applyStatus(WIDGET, scene.widget("w", { status: { ready: true } }));
      await eventually(() => expect(informer.get(scene.key("w"))?.status).toEqual({ ready: true }));
    });

    it("goes on when a handler throws", async () => {
      const informer = await synced(use());
      informer.onChange(() => {
        throw new Error("a handler that fails on purpose");
      });
      const words = follow(informer);
      await put(watched("a", "1"));
      await put(watched("a", "2"));
      expect(await whenThereAre(2, words)).toEqual(["added a 1", "updated a 1>2"]);
    });

    it("delivers nothing after an unsubscription or a release", async () => {
      const [first, second] = [await synced(use()), await synced(use())];
      const released = follow(first);
      const unsubscribed: string[] = [];
      const unsubscribe = second.onChange((event) => unsubscribed.push(inWords(event)));
      const words = follow(second);
      first.release();
      first.release();
      unsubscribe();
      await put(watched("a", "1"));
      expect(await whenThereAre(1, words)).toEqual(["added a 1"]);
      expect([released, unsubscribed]).toEqual([[], []]);
    });

    it("waits for a sync no longer than the signal says", async () => {
      const reason = new Error("enough");
      await expect(use().whenSynced(AbortSignal.abort(reason))).rejects.toBe(reason);
    });
  });
}
