import { beforeEach, describe, expect, it } from "@jest/globals";
import { RESOURCES, type ResourceType } from "../../../src/api/resource-type.ts";
import type { KubeClient } from "../../../src/kube/client.ts";
import { ConflictError, InvalidError, NotFoundError } from "../../../src/kube/errors.ts";
import { type AnyObject, type ContractWorld, type Scene, WIDGET, container, newScene } from "./world.ts";

/** Part of a pod template as tests compare it: what a server adds by default is left out. */
type PodSpec = { readonly containers: readonly Readonly<Record<string, unknown>>[] };

/** Promises of apply and applyStatus. */
export function describeApplying(world: () => ContractWorld): void {
  let scene: Scene;
  let other: KubeClient;
  beforeEach(async () => {
    scene = await newScene(world());
    other = world().client("somebody-else");
  });

  const live = async (type: ResourceType, name: string): Promise<AnyObject> => {
    const object = await scene.client.get<AnyObject>(type, scene.key(name));
    if (object === undefined) throw new Error(`${name} is gone`);
    return object;
  };

  describe("applying", () => {
    it("creates what does not exist", async () => {
      const applied = await scene.client.apply(RESOURCES.ConfigMap, scene.configMap("a", { x: "1" }));
      expect(applied.data).toEqual({ x: "1" });
      expect(applied.metadata.uid).toBeDefined();
    });

    it("changes no version when applied again", async () => {
      const { client, service } = scene;
      const object = service("s", { ports: [{ name: "http", port: 80, protocol: "TCP", targetPort: 8080 }] });
      const first = await client.apply(RESOURCES.Service, object);
      const second = await client.apply(RESOURCES.Service, object);
      expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    });

    it("accepts what a read has returned", async () => {
      const { client, configMap } = scene;
      await client.apply(RESOURCES.ConfigMap, configMap("a", { x: "1" }));
      const read = await live(RESOURCES.ConfigMap, "a");
      await expect(client.apply(RESOURCES.ConfigMap, { ...read, data: { x: "2" } })).resolves.toMatchObject({
        data: { x: "2" },
      });
    });

    it("drops fields that it gave earlier and no longer gives", async () => {
      const { client, configMap } = scene;
      await client.apply(RESOURCES.ConfigMap, configMap("a", { x: "1", y: "2" }, { labels: { l: "1" } }));
      const applied = await client.apply(RESOURCES.ConfigMap, configMap("a", { y: "2" }));
      expect(applied.data).toEqual({ y: "2" });
      expect(applied.metadata.labels).toBeUndefined();
    });

    it("keeps the fields of other managers", async () => {
      const { client, configMap } = scene;
      await client.apply(RESOURCES.ConfigMap, configMap("a", { ours: "1" }, { labels: { ours: "1" } }));
      await other.apply(RESOURCES.ConfigMap, configMap("a", { theirs: "1" }, { labels: { theirs: "1" } }));
      await other.mergePatch(RESOURCES.ConfigMap, scene.key("a"), { metadata: { annotations: { edited: "1" } } });
      const applied = await client.apply(RESOURCES.ConfigMap, configMap("a", { ours: "2" }));
      expect(applied.data).toEqual({ ours: "2", theirs: "1" });
      expect(applied.metadata).toMatchObject({ labels: { theirs: "1" }, annotations: { edited: "1" } });
    });

    it("takes a field back that somebody else has changed", async () => {
      const { client, configMap } = scene;
      await client.apply(RESOURCES.ConfigMap, configMap("a", { x: "ours" }));
      await other.mergePatch(RESOURCES.ConfigMap, scene.key("a"), { data: { x: "theirs" } });
      const applied = await client.apply(RESOURCES.ConfigMap, configMap("a", { x: "ours" }));
      expect(applied.data).toEqual({ x: "ours" });
    });

    it("brings a field back that somebody else has removed", async () => {
      const { client, configMap } = scene;
      await client.apply(RESOURCES.ConfigMap, configMap("a", { x: "ours", y: "too" }));
      await other.mergePatch(RESOURCES.ConfigMap, scene.key("a"), { data: { x: null } });
      expect((await live(RESOURCES.ConfigMap, "a")).data).toEqual({ y: "too" });
      const applied = await client.apply(RESOURCES.ConfigMap, configMap("a", { x: "ours", y: "too" }));
      expect(applied.data).toEqual({ x: "ours", y: "too" });
    });

    it("keeps a field that two managers gave until both have dropped it", async () => {
      const { client, configMap } = scene;
      await client.apply(RESOURCES.ConfigMap, configMap("a", { shared: "1", ours: "1" }));
      await other.apply(RESOURCES.ConfigMap, configMap("a", { shared: "1" }));
      const one = await client.apply(RESOURCES.ConfigMap, configMap("a", { ours: "1" }));
      const none = await other.apply(RESOURCES.ConfigMap, configMap("a", {}));
      expect([one.data, none.data]).toEqual([{ shared: "1", ours: "1" }, { ours: "1" }]);
    });

    it("does not drop a field that somebody else has taken over", async () => {
      const { client, configMap } = scene;
      await client.apply(RESOURCES.ConfigMap, configMap("a", { x: "ours", y: "1" }));
      await other.apply(RESOURCES.ConfigMap, configMap("a", { x: "theirs" }));
      const applied = await client.apply(RESOURCES.ConfigMap, configMap("a", { y: "1" }));
      expect(applied.data).toEqual({ x: "theirs", y: "1" });
    });

    it("replaces lists without keys as a whole", async () => {
      const { client, widget } = scene;
      await client.apply(WIDGET, widget("w", { spec: { list: ["a", "b"], tree: { leaf: [{ x: 1 }] } } }));
      const applied = await client.apply(WIDGET, widget("w", { spec: { list: ["c"], tree: { leaf: [] } } }));
      expect(applied.spec).toEqual({ list: ["c"], tree: { leaf: [] } });
    });

    it("is a conflict when it names a version that is no longer live", async () => {
      const { client, configMap } = scene;
      const { metadata } = await client.apply(RESOURCES.ConfigMap, configMap("a", { x: "1" }));
      await client.apply(RESOURCES.ConfigMap, configMap("a", { x: "2" }));
      const { resourceVersion } = metadata;
      if (resourceVersion === undefined) throw new Error("no version");
      const late = client.apply(RESOURCES.ConfigMap, configMap("a", { x: "3" }, { resourceVersion }));
      await expect(late).rejects.toBeInstanceOf(ConflictError);
    });

    it("refuses to change what cannot change", async () => {
      const { client, deployment } = scene;
      const object = deployment("d", { containers: [container("app")] });
      await client.apply(RESOURCES.Deployment, object);
      const spec = { ...object.spec, selector: { matchLabels: { app: "app", more: "1" } } };
      await expect(client.apply(RESOURCES.Deployment, { ...object, spec })).rejects.toBeInstanceOf(InvalidError);
    });
  });

  describe("applying lists with keys", () => {
    const podSpecOf = ({ spec }: AnyObject): PodSpec =>
      (spec as { readonly template: { readonly spec: PodSpec } }).template.spec;
    const outline = (object: AnyObject): unknown =>
      podSpecOf(object).containers.map(({ name, env, ports, args }) => ({ name, env, ports, args }));

    it("keeps the containers, variables and ports of other managers", async () => {
      const { client, deployment } = scene;
      const port = { containerPort: 80, protocol: "TCP" };
      const ours = deployment("d", {
        containers: [container("app", { args: ["--a"], env: [{ name: "OURS", value: "1" }], ports: [port] })],
      });
      await client.apply(RESOURCES.Deployment, ours);
      const theirPort = { containerPort: 80, protocol: "UDP" };
      await other.apply(
        RESOURCES.Deployment,
        deployment("d", {
          containers: [
            { name: "app", env: [{ name: "THEIRS", value: "1" }], ports: [theirPort] },
            container("sidecar"),
          ],
        }),
      );
      const applied = await client.apply(RESOURCES.Deployment, ours);
      expect(outline(applied)).toEqual([
        {
          name: "app",
          args: ["--a"],
          env: expect.arrayContaining([
            { name: "OURS", value: "1" },
            { name: "THEIRS", value: "1" },
          ]),
          ports: expect.arrayContaining([port, theirPort]),
        },
        { name: "sidecar" },
      ]);
    });

    it("drops the containers and variables that it no longer gives", async () => {
      const { client, deployment } = scene;
      const variables = [
        { name: "A", value: "1" },
        { name: "B", value: "2" },
      ];
      const before = [container("app", { env: variables }), container("extra")];
      await client.apply(RESOURCES.Deployment, deployment("d", { containers: before }));
      const after = [container("app", { env: [{ name: "B", value: "2" }] })];
      const one = await client.apply(RESOURCES.Deployment, deployment("d", { containers: after }));
      const none = await client.apply(RESOURCES.Deployment, deployment("d", { containers: [container("app")] }));
      expect([outline(one), outline(none)]).toEqual([
        [{ name: "app", env: [{ name: "B", value: "2" }] }],
        [{ name: "app" }],
      ]);
    });

    it("drops its variable from a container of which somebody else has another", async () => {
      const { client, deployment } = scene;
      const withEnv = (name: string): AnyObject =>
        deployment("d", { containers: [container("app", { env: [{ name, value: "1" }] })] });
      await client.apply(RESOURCES.Deployment, withEnv("OURS"));
      await other.apply(RESOURCES.Deployment, withEnv("THEIRS"));
      const applied = await client.apply(RESOURCES.Deployment, deployment("d", { containers: [container("app")] }));
      expect(outline(applied)).toEqual([{ name: "app", env: [{ name: "THEIRS", value: "1" }] }]);
    });

    it("tells the ports of a service apart by number and protocol", async () => {
      const { client, service } = scene;
      const http = { name: "http", port: 80, protocol: "TCP" };
      await client.apply(
        RESOURCES.Service,
        service("s", { ports: [http, { name: "dns", port: 53, protocol: "UDP" }] }),
      );
      const applied = await client.apply(RESOURCES.Service, service("s", { ports: [{ ...http, name: "web" }] }));
      const ports = (applied.spec as { readonly ports: readonly Readonly<Record<string, unknown>>[] }).ports;
      expect(ports.map(({ name, port, protocol }) => ({ name, port, protocol }))).toEqual([
        { name: "web", port: 80, protocol: "TCP" },
      ]);
    });

    it("keeps the finalizers and owners that others have given", async () => {
      const { client, configMap } = scene;
      const owner = async (name: string): Promise<object> => {
        const { metadata } = await client.apply(RESOURCES.ConfigMap, configMap(name));
        return { apiVersion: "v1", kind: "ConfigMap", name, uid: metadata.uid };
      };
      const [mine, theirs] = [await owner("mine"), await owner("theirs")];
      const withBoth = (finalizer: string, reference: object): AnyObject =>
        configMap(
          "a",
          {},
          { finalizers: [`contract.example.com/${finalizer}`], ownerReferences: [reference] as never },
        );
      await client.apply(RESOURCES.ConfigMap, withBoth("mine", mine));
      await other.apply(RESOURCES.ConfigMap, withBoth("theirs", theirs));
      expect((await live(RESOURCES.ConfigMap, "a")).metadata).toMatchObject({
        finalizers: expect.arrayContaining(["contract.example.com/mine", "contract.example.com/theirs"]),
        ownerReferences: expect.arrayContaining([expect.objectContaining(mine), expect.objectContaining(theirs)]),
      });
      const { metadata } = await client.apply(RESOURCES.ConfigMap, configMap("a"));
      expect(metadata.finalizers).toEqual(["contract.example.com/theirs"]);
      expect(metadata.ownerReferences).toMatchObject([theirs]);
    });
  });

  describe("applying status", () => {
    it("writes the status and nothing else", async () => {
      const { client, widget } = scene;
      await client.apply(WIDGET, widget("w", { spec: { size: 1 } }));
      const object = widget("w", { spec: { size: 2 }, status: { ready: true } });
      await expect(client.applyStatus(WIDGET, object)).resolves.toMatchObject({
        spec: { size: 1 },
        status: { ready: true },
      });
    });

    it("is not undone by applying the object", async () => {
      const { client, widget } = scene;
      await client.apply(WIDGET, widget("w", { spec: { size: 1 } }));
      await client.applyStatus(WIDGET, widget("w", { status: { ready: true } }));
      const applied = await client.apply(WIDGET, widget("w", { spec: { size: 2 }, status: { ready: false } }));
      expect(applied).toMatchObject({ spec: { size: 2 }, status: { ready: true } });
    });

    it("drops what it gave earlier and no longer gives", async () => {
      const { client, widget } = scene;
      await client.apply(WIDGET, widget("w"));
      await client.applyStatus(WIDGET, widget("w", { status: { ready: true, message: "on the way" } }));
      const written = await client.applyStatus(WIDGET, widget("w", { status: { ready: true } }));
      expect(written.status).toEqual({ ready: true });
    });

    it("changes no version when applied again", async () => {
      const { client, widget } = scene;
      await client.apply(WIDGET, widget("w"));
      const first = await client.applyStatus(WIDGET, widget("w", { status: { ready: true } }));
      const second = await client.applyStatus(WIDGET, widget("w", { status: { ready: true } }));
      expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    });

    it("keeps the conditions of other managers", async () => {
      const { client, pod } = scene;
      await client.apply(RESOURCES.Pod, pod("p"));
      const withCondition = (type: string, status: string): AnyObject => ({
        ...pod("p"),
        status: { conditions: [{ type, status }] },
      });
      await other.applyStatus(RESOURCES.Pod, withCondition("example.com/theirs", "True"));
      await client.applyStatus(RESOURCES.Pod, withCondition("example.com/ours", "False"));
      const written = await client.applyStatus(RESOURCES.Pod, withCondition("example.com/ours", "True"));
      expect(written.status?.["conditions"]).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ type: "example.com/ours", status: "True" }),
          expect.objectContaining({ type: "example.com/theirs", status: "True" }),
        ]),
      );
    });

    it.each<{ name: string; type: ResourceType; object: (scene: Scene) => Promise<AnyObject> | AnyObject }>([
      { name: "an object that does not exist", type: WIDGET, object: ({ widget }) => widget("nobody") },
      {
        name: "a kind without status",
        type: RESOURCES.ConfigMap,
        object: ({ client, configMap }) => client.create(RESOURCES.ConfigMap, configMap("a")),
      },
    ])("does not find the status of $name", async ({ type, object }) => {
      const writing = scene.client.applyStatus(type, { ...(await object(scene)), status: {} });
      await expect(writing).rejects.toBeInstanceOf(NotFoundError);
    });
  });
}
