import { beforeEach, describe, expect, it } from "@jest/globals";
import { RESOURCES } from "../../../src/api/resource-type.ts";
import { ConflictError, InvalidError, NotFoundError } from "../../../src/kube/errors.ts";
import { type AnyObject, type ContractWorld, type Scene, WIDGET, container, newScene } from "./world.ts";

/** Promises of create, replace and mergePatch. */
export function describeWriting(world: () => ContractWorld): void {
  let scene: Scene;
  beforeEach(async () => {
    scene = await newScene(world());
  });

  describe("creating", () => {
    it("gives the object its identity, version and time", async () => {
      const created = await scene.client.create(RESOURCES.ConfigMap, scene.configMap("a", { x: "1" }));
      expect(created).toMatchObject({ metadata: { name: "a", namespace: scene.namespace }, data: { x: "1" } });
      expect(created.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
      expect(Number(created.metadata.resourceVersion)).toBeGreaterThan(0);
      expect(created.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    });

    it("counts generations of kinds with a desired state, from 1", async () => {
      const widget = await scene.client.create(WIDGET, scene.widget("w", { spec: { size: 1 } }));
      const map = await scene.client.create(RESOURCES.ConfigMap, scene.configMap("m"));
      expect([widget.metadata.generation, map.metadata.generation]).toEqual([1, undefined]);
    });

    it("leaves out the status where it is a subresource", async () => {
      const created = await scene.client.create(WIDGET, scene.widget("w", { spec: {}, status: { ready: true } }));
      expect(created.status).toBeUndefined();
    });

    it("is a conflict when the name is taken", async () => {
      await scene.client.create(RESOURCES.ConfigMap, scene.configMap("a"));
      const again = scene.client.create(RESOURCES.ConfigMap, scene.configMap("a"));
      await expect(again).rejects.toThrow(`creating ConfigMap ${scene.namespace}/a: `);
      await expect(again).rejects.toBeInstanceOf(ConflictError);
      await expect(again).rejects.toMatchObject({ status: 409, reason: "AlreadyExists" });
    });

    it("does not find a namespace that does not exist", async () => {
      const object = scene.configMap("a", {}, { namespace: "no-such-namespace" });
      const creating = scene.client.create(RESOURCES.ConfigMap, object);
      await expect(creating).rejects.toBeInstanceOf(NotFoundError);
    });

    it.each<{ name: string; object: (scene: Scene) => AnyObject }>([
      { name: "a name with capitals", object: ({ configMap }) => configMap("Upper") },
      { name: "a name that ends in a dash", object: ({ configMap }) => configMap("a-") },
      { name: "an object of another kind", object: ({ service }) => service("a", { ports: [{ port: 1 }] }) },
      {
        name: "an object without namespace",
        object: ({ configMap }) => {
          const { namespace: _namespace, ...metadata } = configMap("a").metadata;
          return { ...configMap("a"), metadata };
        },
      },
    ])("refuses $name", async ({ object }) => {
      await expect(scene.client.create(RESOURCES.ConfigMap, object(scene))).rejects.toBeInstanceOf(InvalidError);
    });
  });

  describe("replacing", () => {
    it("puts the object in the place of the live one", async () => {
      const { client, configMap } = scene;
      await client.create(RESOURCES.ConfigMap, configMap("a", { x: "1", y: "2" }));
      const replaced = await client.replace(RESOURCES.ConfigMap, configMap("a", { x: "3" }));
      expect(replaced.data).toEqual({ x: "3" });
    });

    it("keeps identity and time of creation", async () => {
      const { client, configMap } = scene;
      const { uid, creationTimestamp } = (await client.create(RESOURCES.ConfigMap, configMap("a"))).metadata;
      const replaced = await client.replace(RESOURCES.ConfigMap, configMap("a", { x: "1" }));
      expect(replaced.metadata).toMatchObject({ uid, creationTimestamp });
    });

    it("is a conflict when the live object has moved on", async () => {
      const { client, configMap } = scene;
      const first = await client.create(RESOURCES.ConfigMap, configMap("a"));
      await client.replace(RESOURCES.ConfigMap, { ...first, data: { x: "1" } });
      const second = client.replace(RESOURCES.ConfigMap, { ...first, data: { x: "2" } });
      await expect(second).rejects.toBeInstanceOf(ConflictError);
      await expect(second).rejects.toMatchObject({ reason: "Conflict" });
    });

    it("is a conflict when the live object is another one of the same name", async () => {
      const { client, configMap } = scene;
      await client.create(RESOURCES.ConfigMap, configMap("a"));
      const other = configMap("a", {}, { uid: "00000000-0000-0000-0000-000000000000" });
      await expect(client.replace(RESOURCES.ConfigMap, other)).rejects.toBeInstanceOf(ConflictError);
    });

    it("does not find an object that does not exist", async () => {
      const replacing = scene.client.replace(RESOURCES.ConfigMap, scene.configMap("nobody"));
      await expect(replacing).rejects.toBeInstanceOf(NotFoundError);
    });

    it("wants to know which version of a custom resource or lease is meant", async () => {
      const { client, widget } = scene;
      await client.create(WIDGET, widget("w"));
      await expect(client.replace(WIDGET, widget("w", { spec: { size: 1 } }))).rejects.toBeInstanceOf(InvalidError);
    });

    it("keeps the status", async () => {
      const { client, widget } = scene;
      await client.create(WIDGET, widget("w", { spec: { size: 1 } }));
      const { metadata } = await client.applyStatus(WIDGET, widget("w", { status: { ready: true } }));
      const replaced = await client.replace(WIDGET, { ...widget("w", { spec: { size: 2 }, status: {} }), metadata });
      expect(replaced).toMatchObject({ spec: { size: 2 }, status: { ready: true } });
    });

    it("changes no version when it changes nothing", async () => {
      const { client, configMap } = scene;
      const created = await client.create(RESOURCES.ConfigMap, configMap("a", { x: "1" }));
      const replaced = await client.replace(RESOURCES.ConfigMap, created);
      expect(replaced.metadata.resourceVersion).toBe(created.metadata.resourceVersion);
    });

    it("refuses to change what cannot change", async () => {
      const { client, deployment } = scene;
      const created = await client.create(RESOURCES.Deployment, deployment("d", { containers: [container("app")] }));
      const spec = { ...created.spec, selector: { matchLabels: { app: "other" } } };
      const { resourceVersion: _any, ...metadata } = created.metadata;
      const replacing = client.replace(RESOURCES.Deployment, { ...created, metadata, spec });
      await expect(replacing).rejects.toBeInstanceOf(InvalidError);
    });
  });

  describe("merge-patching", () => {
    it.each<{ name: string; patch: unknown; want: unknown }>([
      {
        name: "sets and changes fields",
        patch: { spec: { a: 9, d: 4 } },
        want: { a: 9, b: [1, 2], c: { x: 1 }, d: 4 },
      },
      {
        name: "removes fields by null",
        patch: { spec: { a: null, c: { x: null, y: 2 } } },
        want: { b: [1, 2], c: { y: 2 } },
      },
      { name: "replaces lists", patch: { spec: { b: [3] } }, want: { a: 1, b: [3], c: { x: 1 } } },
    ])("$name", async ({ patch, want }) => {
      const { client, widget, key } = scene;
      await client.create(WIDGET, widget("w", { spec: { a: 1, b: [1, 2], c: { x: 1 } } }));
      const patched = await client.mergePatch<AnyObject>(WIDGET, key("w"), patch);
      expect(patched.spec).toEqual(want);
    });

    it("is a conflict when it names a version that is no longer live", async () => {
      const { client, widget, key } = scene;
      const { metadata } = await client.create(WIDGET, widget("w"));
      await client.mergePatch(WIDGET, key("w"), { spec: { a: 1 } });
      const patch = { metadata: { resourceVersion: metadata.resourceVersion }, spec: { a: 2 } };
      await expect(client.mergePatch(WIDGET, key("w"), patch)).rejects.toBeInstanceOf(ConflictError);
    });

    it("does not find an object that does not exist", async () => {
      const patching = scene.client.mergePatch(WIDGET, scene.key("nobody"), { spec: {} });
      await expect(patching).rejects.toBeInstanceOf(NotFoundError);
    });

    it("leaves the status alone", async () => {
      const { client, widget, key } = scene;
      await client.create(WIDGET, widget("w"));
      const patched = await client.mergePatch<AnyObject>(WIDGET, key("w"), { status: { ready: true } });
      expect(patched.status).toBeUndefined();
    });
  });

  describe("generation", () => {
    it.each<{ name: string; patch: unknown; want: number }>([
      { name: "grows with the desired state", patch: { spec: { size: 2 } }, want: 2 },
      { name: "stays with labels and annotations", patch: { metadata: { labels: { a: "b" } } }, want: 1 },
      { name: "stays when nothing changes", patch: { spec: { size: 1 } }, want: 1 },
    ])("$name", async ({ patch, want }) => {
      const { client, widget, key } = scene;
      await client.create(WIDGET, widget("w", { spec: { size: 1 } }));
      expect((await client.mergePatch(WIDGET, key("w"), patch)).metadata.generation).toBe(want);
    });

    it("stays with the status", async () => {
      const { client, widget } = scene;
      await client.create(WIDGET, widget("w", { spec: { size: 1 } }));
      const written = await client.applyStatus(WIDGET, widget("w", { status: { ready: true } }));
      expect(written.metadata.generation).toBe(1);
    });
  });
}
