import { beforeAll, describe, expect, it } from "@jest/globals";
import { RESOURCES } from "../../../src/api/resource-type.ts";
import { InvalidError } from "../../../src/kube/errors.ts";
import { type ContractWorld, type Scene, newScene } from "./world.ts";

/** Promises of get and list. */
export function describeReading(world: () => ContractWorld): void {
  describe("reading", () => {
    let scene: Scene;
    beforeAll(async () => {
      scene = await newScene(world());
      const { client, configMap } = scene;
      await client.create(RESOURCES.ConfigMap, configMap("a", {}, { labels: { app: "web", tier: "front" } }));
      await client.create(RESOURCES.ConfigMap, configMap("b", {}, { labels: { app: "web", tier: "back" } }));
      await client.create(RESOURCES.ConfigMap, configMap("c", {}, { labels: { app: "db" } }));
      await client.create(RESOURCES.ConfigMap, configMap("d"));
    });

    /** A server puts a ConfigMap of its own into every namespace. */
    const listNames = async (options: { labelSelector?: string; fieldSelector?: string }): Promise<string[]> => {
      const listed = await scene.client.list(RESOURCES.ConfigMap, { namespace: scene.namespace, ...options });
      return listed.map(({ metadata }) => metadata.name).filter((name) => name !== "kube-root-ca.crt");
    };

    it("answers undefined for an object that does not exist", async () => {
      await expect(scene.client.get(RESOURCES.ConfigMap, scene.key("nobody"))).resolves.toBeUndefined();
    });

    it("answers undefined for an object in a namespace that does not exist", async () => {
      const key = { namespace: "no-such-namespace", name: "a" };
      await expect(scene.client.get(RESOURCES.ConfigMap, key)).resolves.toBeUndefined();
    });

    it("refuses to read a namespaced object without its namespace", async () => {
      const reading = scene.client.get(RESOURCES.ConfigMap, { namespace: "", name: "a" });
      await expect(reading).rejects.toThrow("reading ConfigMap a: a ConfigMap needs metadata.namespace");
    });

    it("rejects with the signal's reason when it is aborted already", async () => {
      const reason = new Error("enough");
      const reading = scene.client.get(RESOURCES.ConfigMap, scene.key("a"), AbortSignal.abort(reason));
      await expect(reading).rejects.toBe(reason);
    });

    it("says of every listed object what it is", async () => {
      const listed = await scene.client.list(RESOURCES.ConfigMap, { namespace: scene.namespace });
      expect(listed.length).toBeGreaterThanOrEqual(4);
      for (const object of listed) expect(object).toMatchObject({ apiVersion: "v1", kind: "ConfigMap" });
    });

    it("lists all namespaces when none is given", async () => {
      const elsewhere = await newScene(world());
      await elsewhere.client.create(RESOURCES.ConfigMap, elsewhere.configMap("a"));
      const namespaces = (await scene.client.list(RESOURCES.ConfigMap)).map(({ metadata }) => metadata.namespace);
      expect(namespaces).toEqual(expect.arrayContaining([scene.namespace, elsewhere.namespace]));
    });

    it("lists cluster-scoped objects whatever the namespace", async () => {
      const names = (await scene.client.list(RESOURCES.Namespace, { namespace: "default" })).map(
        ({ metadata }) => metadata.name,
      );
      expect(names).toContain(scene.namespace);
    });

    it.each<{ selector: string; want: readonly string[] }>([
      { selector: "app=web", want: ["a", "b"] },
      { selector: "app == web", want: ["a", "b"] },
      { selector: "app!=web", want: ["c", "d"] },
      { selector: "app=web,tier=back", want: ["b"] },
      { selector: "app in (web, db)", want: ["a", "b", "c"] },
      { selector: "app notin (web)", want: ["c", "d"] },
      { selector: "app in (web),tier notin (back)", want: ["a"] },
      { selector: "tier", want: ["a", "b"] },
      { selector: "!tier", want: ["c", "d"] },
      { selector: "app,!tier", want: ["c"] },
    ])("selects by labels: $selector", async ({ selector, want }) => {
      await expect(listNames({ labelSelector: selector })).resolves.toEqual(want);
    });

    it.each<{ selector: string; want: readonly string[] }>([
      { selector: "metadata.name=b", want: ["b"] },
      { selector: "metadata.name!=b,metadata.name!=c", want: ["a", "d"] },
    ])("selects by fields: $selector", async ({ selector, want }) => {
      await expect(listNames({ fieldSelector: selector })).resolves.toEqual(want);
    });

    it.each<{ name: string; options: { labelSelector?: string; fieldSelector?: string } }>([
      { name: "a label selector that cannot be read", options: { labelSelector: "app in web" } },
      { name: "a field selector that cannot be read", options: { fieldSelector: "metadata.name" } },
      { name: "a field that no server selects by", options: { fieldSelector: "data.x=1" } },
    ])("refuses $name", async ({ options }) => {
      await expect(listNames(options)).rejects.toBeInstanceOf(InvalidError);
    });
  });
}
