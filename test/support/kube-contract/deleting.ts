import { beforeEach, describe, expect, it } from "@jest/globals";
import type { OwnerReference } from "../../../src/api/meta.ts";
import { RESOURCES } from "../../../src/api/resource-type.ts";
import { ConflictError, ForbiddenError, InvalidError } from "../../../src/kube/errors.ts";
import { eventually } from "../eventually.ts";
import { type AnyObject, type ContractWorld, type Scene, WIDGET, newScene } from "./world.ts";

const FINALIZER = "contract.example.com/cleanup";

/** Promises of delete, finalizers and garbage collection. */
export function describeDeleting(world: () => ContractWorld): void {
  let scene: Scene;
  beforeEach(async () => {
    scene = await newScene(world());
  });

  const exists = async (name: string): Promise<boolean> =>
    (await scene.client.get(RESOURCES.ConfigMap, scene.key(name))) !== undefined;
  /** Resolves to true when the object is gone. */
  const eventuallyGone = (name: string): Promise<boolean> =>
    eventually(async () => {
      expect(await exists(name)).toBe(false);
      return true;
    });
  const ownedBy = (name: string, owners: readonly AnyObject[], given: Partial<OwnerReference> = {}): AnyObject =>
    scene.configMap(
      name,
      {},
      {
        ownerReferences: owners.map(({ apiVersion, kind, metadata }) => ({
          apiVersion,
          kind,
          name: metadata.name,
          uid: metadata.uid ?? "",
          ...given,
        })),
      },
    );

  describe("deleting", () => {
    it("removes the object", async () => {
      const { client, configMap, key } = scene;
      await client.create(RESOURCES.ConfigMap, configMap("a"));
      await client.delete(RESOURCES.ConfigMap, key("a"));
      await expect(exists("a")).resolves.toBe(false);
    });

    it("is content with an object that is already gone", async () => {
      await expect(scene.client.delete(RESOURCES.ConfigMap, scene.key("nobody"))).resolves.toBeUndefined();
    });

    it("is a conflict when the live object is another one of the same name", async () => {
      const { client, configMap, key } = scene;
      const { metadata } = await client.create(RESOURCES.ConfigMap, configMap("a"));
      const wrong = client.delete(RESOURCES.ConfigMap, key("a"), { uid: "00000000-0000-0000-0000-000000000000" });
      await expect(wrong).rejects.toBeInstanceOf(ConflictError);
      await client.delete(RESOURCES.ConfigMap, key("a"), { uid: metadata.uid ?? "" });
      await expect(exists("a")).resolves.toBe(false);
    });

    it("waits for finalizers", async () => {
      const { client, widget, key } = scene;
      await client.create(WIDGET, widget("w", { metadata: { finalizers: [FINALIZER] } }));
      await client.delete(WIDGET, key("w"));
      const marked = await client.get(WIDGET, key("w"));
      expect(marked?.metadata.deletionTimestamp).toMatch(/Z$/);
      await client.mergePatch(WIDGET, key("w"), { metadata: { finalizers: null } });
      await expect(client.get(WIDGET, key("w"))).resolves.toBeUndefined();
    });

    it("counts as a change of the desired state when it waits", async () => {
      const { client, widget, key } = scene;
      await client.create(WIDGET, widget("w", { metadata: { finalizers: [FINALIZER] } }));
      await client.delete(WIDGET, key("w"));
      const first = await client.get(WIDGET, key("w"));
      await client.delete(WIDGET, key("w"));
      const second = await client.get(WIDGET, key("w"));
      expect(first?.metadata.generation).toBe(2);
      expect(second?.metadata).toEqual(first?.metadata);
    });

    it("admits no new finalizers meanwhile", async () => {
      const { client, widget, key } = scene;
      await client.create(WIDGET, widget("w", { metadata: { finalizers: [FINALIZER] } }));
      await client.delete(WIDGET, key("w"));
      const patch = { metadata: { finalizers: [FINALIZER, "contract.example.com/late"] } };
      await expect(client.mergePatch(WIDGET, key("w"), patch)).rejects.toBeInstanceOf(InvalidError);
    });
  });

  describe("garbage collection", () => {
    it("takes dependents with their last owner, and theirs", async () => {
      const { client, configMap, key } = scene;
      const owner = await client.create(RESOURCES.ConfigMap, configMap("owner"));
      const child = await client.create(RESOURCES.ConfigMap, ownedBy("child", [owner]));
      await client.create(RESOURCES.ConfigMap, ownedBy("grandchild", [child]));
      await client.delete(RESOURCES.ConfigMap, key("owner"));
      await expect(eventuallyGone("child")).resolves.toBe(true);
      await expect(eventuallyGone("grandchild")).resolves.toBe(true);
    });

    it("keeps a dependent that has another owner", async () => {
      const { client, configMap, key } = scene;
      const one = await client.create(RESOURCES.ConfigMap, configMap("one"));
      const two = await client.create(RESOURCES.ConfigMap, configMap("two"));
      await client.create(RESOURCES.ConfigMap, ownedBy("child", [one, two]));
      await client.delete(RESOURCES.ConfigMap, key("one"));
      await eventually(async () => {
        const child = await client.get(RESOURCES.ConfigMap, key("child"));
        expect(child?.metadata.ownerReferences).toMatchObject([{ name: "two" }]);
      });
      await client.delete(RESOURCES.ConfigMap, key("two"));
      await expect(eventuallyGone("child")).resolves.toBe(true);
    });

    it("takes an object whose owner never was", async () => {
      const { client, configMap } = scene;
      const nobody = configMap("nobody", {}, { uid: "00000000-0000-0000-0000-000000000000" });
      await client.create(RESOURCES.ConfigMap, ownedBy("child", [nobody]));
      await expect(eventuallyGone("child")).resolves.toBe(true);
    });

    it("leaves dependents alone when they are to be orphaned", async () => {
      const { client, configMap, key } = scene;
      const owner = await client.create(RESOURCES.ConfigMap, configMap("owner"));
      await client.create(RESOURCES.ConfigMap, ownedBy("child", [owner]));
      await client.delete(RESOURCES.ConfigMap, key("owner"), { propagation: "Orphan" });
      await expect(eventuallyGone("owner")).resolves.toBe(true);
      const child = await client.get(RESOURCES.ConfigMap, key("child"));
      expect(child?.metadata.ownerReferences ?? []).toEqual([]);
    });

    it("lets the owner wait when dependents are to go first", async () => {
      const { client, configMap, key } = scene;
      const owner = await client.create(RESOURCES.ConfigMap, configMap("owner"));
      const child = ownedBy("child", [owner], { blockOwnerDeletion: true });
      await client.create(RESOURCES.ConfigMap, {
        ...child,
        metadata: { ...child.metadata, finalizers: [FINALIZER] },
      });
      await client.delete(RESOURCES.ConfigMap, key("owner"), { propagation: "Foreground" });
      await eventually(async () => {
        const waiting = await client.get(RESOURCES.ConfigMap, key("child"));
        expect(waiting?.metadata.deletionTimestamp).toBeDefined();
      });
      await expect(exists("owner")).resolves.toBe(true);
      await client.mergePatch(RESOURCES.ConfigMap, key("child"), { metadata: { finalizers: null } });
      await expect(eventuallyGone("owner")).resolves.toBe(true);
    });

    it("takes the contents of a namespace with it", async () => {
      const { client, configMap, namespace } = scene;
      await client.create(RESOURCES.ConfigMap, configMap("a", {}, { finalizers: [FINALIZER] }));
      await client.delete(RESOURCES.Namespace, { namespace: "", name: namespace });
      await expect(client.create(RESOURCES.ConfigMap, configMap("late"))).rejects.toBeInstanceOf(ForbiddenError);
      await eventually(async () => {
        const waiting = await client.get(RESOURCES.ConfigMap, scene.key("a"));
        expect(waiting?.metadata.deletionTimestamp).toBeDefined();
      });
      await client.mergePatch(RESOURCES.ConfigMap, scene.key("a"), { metadata: { finalizers: null } });
      await eventually(async () => {
        await expect(client.get(RESOURCES.Namespace, { namespace: "", name: namespace })).resolves.toBeUndefined();
      });
    });
  });
}
