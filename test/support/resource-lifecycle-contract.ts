import { beforeEach, describe, expect, it } from "@jest/globals";
import { ConflictError, NotFoundError } from "../../src/kube/errors.ts";
import type { ResourceLifecycle } from "../../src/kube/resource-lifecycle.ts";
import { type AnyObject, type ContractWorld, type Scene, WIDGET, newScene } from "./kube-contract/world.ts";

/** The finalizer that the lifecycle under test must have. */
export const TEST_FINALIZER = "contract.example.com/lifecycle";

export interface LifecycleWorld extends ContractWorld {
  readonly lifecycle: ResourceLifecycle;
}

/** What every implementation of the ResourceLifecycle port promises. */
export function describeResourceLifecycleContract(name: string, world: () => LifecycleWorld): void {
  describe(`${name} keeps the contract of the resource lifecycle:`, () => {
    let scene: Scene;
    beforeEach(async () => {
      scene = await newScene(world());
    });

    const live = async (): Promise<AnyObject> => {
      const object = await scene.client.get<AnyObject>(WIDGET, scene.key("w"));
      if (object === undefined) throw new Error("the widget is gone");
      return object;
    };
    const deleted = async (finalizers: readonly string[]): Promise<AnyObject> => {
      await scene.client.create(WIDGET, scene.widget("w", { metadata: { finalizers } }));
      await scene.client.delete(WIDGET, scene.key("w"));
      return live();
    };

    describe("finalizing", () => {
      it("puts the finalizer on an object that lives, and is done with this pass", async () => {
        const object = await scene.client.create(
          WIDGET,
          scene.widget("w", { metadata: { finalizers: ["a.example/x"] } }),
        );
        await expect(world().lifecycle.finalize(object, noCleanup)).resolves.toBe(true);
        expect((await live()).metadata.finalizers).toEqual(["a.example/x", TEST_FINALIZER]);
      });

      it("leaves an object alone that has the finalizer, and lets the pass go on", async () => {
        const object = await scene.client.create(
          WIDGET,
          scene.widget("w", { metadata: { finalizers: [TEST_FINALIZER] } }),
        );
        await expect(world().lifecycle.finalize(object, noCleanup)).resolves.toBe(false);
        expect((await live()).metadata.resourceVersion).toBe(object.metadata.resourceVersion);
      });

      it("cleans up for an object that is being deleted, then lets it go", async () => {
        const object = await deleted([TEST_FINALIZER, "a.example/x"]);
        let cleanups = 0;
        const cleanup = async (): Promise<void> => {
          cleanups += 1;
          expect((await live()).metadata.finalizers).toContain(TEST_FINALIZER);
        };
        await expect(world().lifecycle.finalize(object, cleanup)).resolves.toBe(true);
        expect(cleanups).toBe(1);
        expect((await live()).metadata.finalizers).toEqual(["a.example/x"]);
      });

      it("holds the object while the cleanup fails", async () => {
        const object = await deleted([TEST_FINALIZER]);
        const failure = new Error("not yet");
        await expect(world().lifecycle.finalize(object, () => Promise.reject(failure))).rejects.toBe(failure);
        expect((await live()).metadata.finalizers).toEqual([TEST_FINALIZER]);
      });

      it("does nothing for an object that is being deleted without the finalizer", async () => {
        const object = await deleted(["a.example/x"]);
        await expect(world().lifecycle.finalize(object, noCleanup)).resolves.toBe(true);
        expect((await live()).metadata.finalizers).toEqual(["a.example/x"]);
      });

      it("is a conflict when the object has moved on", async () => {
        const object = await scene.client.create(WIDGET, scene.widget("w"));
        await scene.client.mergePatch(WIDGET, scene.key("w"), { metadata: { finalizers: ["b.example/y"] } });
        await expect(world().lifecycle.finalize(object, noCleanup)).rejects.toBeInstanceOf(ConflictError);
        expect((await live()).metadata.finalizers).toEqual(["b.example/y"]);
      });

      it("changes nothing in the object that it is given", async () => {
        const object = Object.freeze(
          await scene.client.create(WIDGET, scene.widget("w", { metadata: { finalizers: [] } })),
        );
        const before = JSON.stringify(object);
        await world().lifecycle.finalize(object, noCleanup);
        expect(JSON.stringify(object)).toBe(before);
      });
    });

    describe("writing a status", () => {
      it.each<{ name: string; before?: Record<string, unknown>; status: Record<string, unknown> }>([
        { name: "where there is none", status: { ready: true, nested: { a: 1 } } },
        { name: "in place of another", before: { ready: false, old: 1 }, status: { ready: true } },
        { name: "with lists", before: { list: [1, 2], deep: { x: 1, y: 2 } }, status: { list: [3], deep: { y: 2 } } },
      ])("writes it $name", async ({ before, status }) => {
        await scene.client.create(WIDGET, scene.widget("w", { spec: { size: 1 } }));
        if (before !== undefined) await world().lifecycle.writeStatus(await live(), before);
        await world().lifecycle.writeStatus(await live(), status);
        expect(await live()).toMatchObject({ spec: { size: 1 }, status });
        expect((await live()).status).toEqual(status);
      });

      it("writes nothing when it is the status already", async () => {
        await scene.client.create(WIDGET, scene.widget("w"));
        await world().lifecycle.writeStatus(await live(), { ready: true });
        const { resourceVersion } = (await live()).metadata;
        await world().lifecycle.writeStatus(await live(), { ready: true });
        expect((await live()).metadata.resourceVersion).toBe(resourceVersion);
      });

      it("does not find an object that is gone", async () => {
        const object = await scene.client.create(WIDGET, scene.widget("w"));
        await scene.client.delete(WIDGET, scene.key("w"));
        const writing = world().lifecycle.writeStatus(object, { ready: true });
        await expect(writing).rejects.toBeInstanceOf(NotFoundError);
        await expect(writing).rejects.toThrow(`status of Widget ${scene.namespace}/w: `);
      });
    });

    it("refuses objects of other kinds", async () => {
      const map = scene.configMap("a");
      await expect(world().lifecycle.finalize(map, noCleanup)).rejects.toThrow("v1 ConfigMap is none of the kinds");
    });
  });
}

function noCleanup(): Promise<void> {
  return Promise.reject(new Error("nothing to clean up yet"));
}
