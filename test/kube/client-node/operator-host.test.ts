import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import operatorModule from "@dot-i/k8s-operator";
import { RESOURCES } from "../../../src/api/resource-type.ts";
import { ClientLifecycle } from "../../../src/kube/client-lifecycle.ts";
import { type KubeConnection, createKubeConnection } from "../../../src/kube/client-node/connection.ts";
import { OperatorHost } from "../../../src/kube/client-node/operator-host.ts";
import { ConflictError } from "../../../src/kube/errors.ts";
import { systemClock } from "../../../src/observability/system-clock.ts";
import { type ControlPlane, START_TIMEOUT_MS, startControlPlane } from "../../support/control-plane.ts";
import { withEnvironment } from "../../support/environment.ts";
import { eventually } from "../../support/eventually.ts";
import { type AnyObject, WIDGET, WIDGET_DEFINITION, newScene } from "../../support/kube-contract/world.ts";
import {
  type LifecycleWorld,
  TEST_FINALIZER,
  describeResourceLifecycleContract,
} from "../../support/resource-lifecycle-contract.ts";

let plane: ControlPlane;
let connection: KubeConnection;

beforeAll(async () => {
  plane = await startControlPlane();
  connection = createKubeConnection({
    kubeconfigPath: plane.kubeconfigPath,
    timers: systemClock,
    onWarning: () => undefined,
  });
  await connection.client.apply(RESOURCES.CustomResourceDefinition, WIDGET_DEFINITION);
  await eventually(() => connection.client.list(WIDGET));
}, START_TIMEOUT_MS);

afterAll(async () => {
  await connection.close();
  await plane.stop();
}, START_TIMEOUT_MS);

const world = (lifecycle: () => LifecycleWorld["lifecycle"]) => (): LifecycleWorld => ({
  client: () => connection.client,
  informers: connection.informers,
  lifecycle: lifecycle(),
  stop: async () => undefined,
});

const newHost = (onKey?: (key: { namespace: string; name: string }) => void, namespaces?: string[]): OperatorHost =>
  new OperatorHost({
    connection,
    finalizer: TEST_FINALIZER,
    resources: [
      { type: WIDGET, ...(onKey === undefined ? {} : { onKey }), ...(namespaces === undefined ? {} : { namespaces }) },
    ],
  });

describeResourceLifecycleContract(
  "the operator host on the real control plane",
  world(() => newHost()),
);
describeResourceLifecycleContract(
  "a lifecycle on the client port and the real control plane",
  world(() => new ClientLifecycle({ client: connection.client, types: [WIDGET], finalizer: TEST_FINALIZER })),
);

function failToTake({ name }: { readonly name: string }): void {
  throw new Error(`cannot take ${name}`);
}

describe("the operator host", () => {
  it("notices when the status was written from an old state of the object", async () => {
    const scene = await newScene(world(() => newHost())());
    const object = await connection.client.create(WIDGET, scene.widget("w"));
    await connection.client.mergePatch(WIDGET, scene.key("w"), { spec: { size: 2 } });
    await expect(newHost().writeStatus(object, { ready: true })).rejects.toBeInstanceOf(ConflictError);
  });

  it("writes as our field manager", async () => {
    const scene = await newScene(world(() => newHost())());
    const object = await connection.client.create(WIDGET, scene.widget("w", { spec: { size: 1 } }));
    await newHost().writeStatus(object, { ready: true });
    const written = await connection.client.get<AnyObject>(WIDGET, scene.key("w"));
    expect(written?.metadata.managedFields).toContainEqual(
      expect.objectContaining({ manager: connection.fieldManager, subresource: "status" }),
    );
  });

  it("gives up a call when the signal is aborted", async () => {
    const scene = await newScene(world(() => newHost())());
    const object = await connection.client.create(WIDGET, scene.widget("w"));
    const reason = new Error("enough");
    await expect(newHost().writeStatus(object, { ready: true }, AbortSignal.abort(reason))).rejects.toBe(reason);
    await expect(newHost().finalize(object, async () => undefined, AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it("runs from start to stop: keys of what is there and of what changes, then no more", async () => {
    const scene = await newScene(world(() => newHost())());
    await connection.client.create(WIDGET, scene.widget("a"));
    const keys: string[] = [];
    const host = newHost(({ namespace, name }) => keys.push(`${namespace}/${name}`), [scene.namespace]);
    const stop = new AbortController();
    const started = Promise.withResolvers<void>();
    const running = host.run(stop.signal, {
      onStart: (signal) => {
        started.resolve();
        return new Promise((resolve) => {
          signal.addEventListener("abort", () => resolve(), { once: true });
        });
      },
    });
    await started.promise;
    const watches = connection.informers.size;
    await eventually(() => expect(keys).toEqual([`${scene.namespace}/a`]));
    await connection.client.create(WIDGET, scene.widget("b"));
    await connection.client.delete(WIDGET, scene.key("a"));
    await eventually(() => expect(keys.slice(1)).toEqual([`${scene.namespace}/b`, `${scene.namespace}/a`]));
    stop.abort();
    await running;
    expect(connection.informers.size).toBe(watches - 1);
  });

  it("says so when a key handler throws, and goes on", async () => {
    const scene = await newScene(world(() => newHost())());
    const messages: string[] = [];
    const host = new OperatorHost({
      connection,
      finalizer: TEST_FINALIZER,
      resources: [{ type: WIDGET, namespaces: [scene.namespace], onKey: failToTake }],
      onMessage: (message) => messages.push(message),
    });
    await connection.client.create(WIDGET, scene.widget("a"));
    await host.run(new AbortController().signal, {
      onStart: async () => {
        await eventually(() => expect(messages).toContain("handling Widget a: Error: cannot take a"));
        await connection.client.create(WIDGET, scene.widget("b"));
        await eventually(() => expect(messages).toContain("handling Widget b: Error: cannot take b"));
      },
    });
    expect(messages[0]).toBe(`watching widgets in namespace ${scene.namespace}`);
  });

  it("does not mind a default kubeconfig that is broken", async () => {
    const scene = await newScene(world(() => newHost())());
    const object = await connection.client.create(WIDGET, scene.widget("w"));
    await withEnvironment({ KUBECONFIG: "/no/such/file" }, () => newHost().writeStatus(object, { ready: true }));
    const written = await connection.client.get<AnyObject>(WIDGET, scene.key("w"));
    expect(written?.status).toEqual({ ready: true });
  });

  it("fails with what it runs, and stops its watches", async () => {
    const failure = new Error("cannot start");
    const watches = connection.informers.size;
    const running = newHost().run(new AbortController().signal, { onStart: () => Promise.reject(failure) });
    await expect(running).rejects.toBe(failure);
    expect(connection.informers.size).toBe(watches);
  });

  it("still finds in the library the private field that its status calls read", async () => {
    class Probe extends operatorModule.default {
      get builders(): unknown {
        return this["resourcePathBuilders"];
      }
      protected override async init(): Promise<void> {
        await Promise.resolve();
      }
    }
    const probe = await withEnvironment({ KUBECONFIG: plane.kubeconfigPath }, () => new Probe());
    expect(probe.builders).toEqual({});
  });
});
