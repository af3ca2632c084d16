import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import { RESOURCES } from "../../src/api/resource-type.ts";
import {
  type KubeConnection,
  type KubeConnectionOptions,
  createKubeConnection,
} from "../../src/kube/client-node/connection.ts";
import { ForbiddenError, KubeError } from "../../src/kube/errors.ts";
import type { ChangeEvent, Informer } from "../../src/kube/informer.ts";
import { systemClock } from "../../src/observability/system-clock.ts";
import { type ControlPlane, START_TIMEOUT_MS, startControlPlane } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";
import { FakeClock } from "../support/fake-clock.ts";
import type { AnyObject } from "../support/kube-contract/world.ts";
import { KubeconfigFolder } from "../support/kubeconfig-file.ts";

const TIMEOUT_MS = 120_000;
const WATCHED = { type: RESOURCES.ConfigMap, labelSelector: "watched" };

let plane: ControlPlane;
let folder: KubeconfigFolder;
const open: KubeConnection[] = [];

beforeAll(async () => {
  plane = await startControlPlane();
  folder = new KubeconfigFolder();
}, START_TIMEOUT_MS);
afterEach(async () => {
  for (const connection of open.splice(0)) await connection.close();
}, TIMEOUT_MS);
afterAll(async () => {
  folder.remove();
  await plane.stop();
}, START_TIMEOUT_MS);

function connect(options: Partial<KubeConnectionOptions> = {}): KubeConnection {
  const connection = createKubeConnection({
    kubeconfigPath: plane.kubeconfigPath,
    timers: systemClock,
    onWarning: () => undefined,
    ...options,
  });
  open.push(connection);
  return connection;
}

let scenes = 0;
async function newNamespace(): Promise<string> {
  const name = `faults-${++scenes}`;
  await plane.kubectl(["create", "namespace", name]);
  return name;
}

function map(namespace: string, name: string, x: string): AnyObject {
  const metadata = { namespace, name, labels: { watched: "yes" } };
  return { apiVersion: "v1", kind: "ConfigMap", metadata, data: { x } };
}

function follow(informer: Informer<AnyObject>): string[] {
  const words: string[] = [];
  informer.onChange(({ type, object }: ChangeEvent<AnyObject>) => {
    words.push(`${type} ${object.metadata.name} ${object.data?.["x"]}`);
  });
  return words;
}

function followHealth(informer: Pick<Informer, "onHealth">): (string | undefined)[] {
  const states: (string | undefined)[] = [];
  informer.onHealth((error) => states.push(error?.message));
  return states;
}

async function failureOf(call: Promise<unknown>): Promise<KubeError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof KubeError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

function sockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length;
}

describe("an API server that is killed and started again", () => {
  it(
    "loses no event of a watch, and delivers none twice",
    async () => {
      const namespace = await newNamespace();
      const { client, informers } = connect();
      const put = (name: string, x: string): Promise<unknown> =>
        client.apply(RESOURCES.ConfigMap, map(namespace, name, x));
      const informer = informers.informer<AnyObject>({ ...WATCHED, namespace });
      const words = follow(informer);
      const health = followHealth(informer);
      await put("a", "1");
      await put("b", "1");
      await eventually(() => expect(words).toEqual(["added a 1", "added b 1"]));

      await plane.killApiServer();
      await eventually(() => expect(health).toHaveLength(1));
      const failure = await failureOf(put("c", "1"));
      expect(failure.message).toContain(`applying ConfigMap ${namespace}/c: no answer from ${plane.url}`);
      await plane.startApiServer();

      await put("a", "2");
      await client.delete(RESOURCES.ConfigMap, { namespace, name: "b" });
      await put("c", "1");
      const want = ["added a 1", "added b 1", "updated a 2", "deleted b 1", "added c 1"];
      await eventually(() => expect(words).toEqual(want));
      expect(health.at(-1)).toBeUndefined();
    },
    TIMEOUT_MS,
  );

  it(
    "is waited for by an informer that was started meanwhile",
    async () => {
      const namespace = await newNamespace();
      const { client, informers } = connect();
      await client.apply(RESOURCES.ConfigMap, map(namespace, "a", "1"));
      await plane.killApiServer();
      const informer = informers.informer<AnyObject>({ ...WATCHED, namespace });
      const health = followHealth(informer);
      await eventually(() => expect(health.at(-1)).toContain("connection refused"));
      expect(informer.synced).toBe(false);
      await plane.startApiServer();
      await informer.whenSynced(AbortSignal.timeout(60_000));
      expect(informer.size).toBe(1);
    },
    TIMEOUT_MS,
  );

  it(
    "cannot keep a watch from being stopped",
    async () => {
      const namespace = await newNamespace();
      const connection = connect();
      const informer = connection.informers.informer<AnyObject>({ ...WATCHED, namespace });
      await informer.whenSynced(AbortSignal.timeout(60_000));
      await plane.killApiServer();
      await connection.close();
      await plane.startApiServer();
      expect(connection.informers.size).toBe(0);
    },
    TIMEOUT_MS,
  );
});

describe("a watch whose place was compacted away while it was cut off", () => {
  it(
    "lists again and delivers the differences",
    async () => {
      const namespace = await newNamespace();
      const writer = connect();
      const put = (name: string, x: string): Promise<unknown> =>
        writer.client.apply(RESOURCES.ConfigMap, map(namespace, name, x));
      for (const name of ["a", "b", "c"]) await put(name, "1");

      // Its time stands still, so it does not come back before the world has changed.
      const clock = new FakeClock();
      const informer = connect({ timers: clock }).informers.informer<AnyObject>({ ...WATCHED, namespace });
      const words = follow(informer);
      await eventually(() => expect(words).toHaveLength(3));
      words.length = 0;
      await clock.advance(2_000);
      await plane.killApiServer();
      await plane.startApiServer();
      await writer.client.delete(RESOURCES.ConfigMap, { namespace, name: "a" });
      await put("b", "2");
      await put("d", "1");
      await plane.compactEtcd();
      await plane.killApiServer();
      await plane.startApiServer();

      await eventually(async () => {
        await clock.advance(1_000);
        // A watch would deliver the deletion first, as it happened: only a list knows it last.
        expect(words).toEqual(["updated b 2", "added d 1", "deleted a 1"]);
      });
      await put("b", "3");
      await eventually(() => expect(words.at(-1)).toBe("updated b 3"));
    },
    TIMEOUT_MS,
  );
});

describe("somebody else who writes a field that we own", () => {
  it.each<{ name: string; args: (namespace: string) => readonly string[]; input?: (namespace: string) => string }>([
    {
      name: "by an edit",
      args: (namespace) => [
        "patch",
        "configmap",
        "a",
        "-n",
        namespace,
        "--type=merge",
        "-p",
        '{"data":{"x":"theirs"}}',
      ],
    },
    {
      name: "by a forced server-side apply",
      args: () => ["apply", "--server-side", "--force-conflicts", "-f", "-"],
      input: (namespace) => JSON.stringify(map(namespace, "a", "theirs")),
    },
    {
      name: "by removing it",
      args: (namespace) => ["patch", "configmap", "a", "-n", namespace, "-p", '{"data":null}'],
    },
  ])(
    "$name loses it to our next apply",
    async ({ args, input }) => {
      const namespace = await newNamespace();
      const { client } = connect();
      await client.apply(RESOURCES.ConfigMap, map(namespace, "a", "ours"));
      await plane.kubectl(args(namespace), input?.(namespace));
      const edited = await client.get<AnyObject>(RESOURCES.ConfigMap, { namespace, name: "a" });
      expect(edited?.data?.["x"]).not.toBe("ours");
      const applied = await client.apply(RESOURCES.ConfigMap, map(namespace, "a", "ours"));
      expect(applied.data).toEqual({ x: "ours" });
    },
    TIMEOUT_MS,
  );
});

describe("an account that may not", () => {
  it(
    "is told so, and its watch works as soon as it may",
    async () => {
      const namespace = await newNamespace();
      await plane.kubectl(["create", "serviceaccount", "reader", "-n", namespace]);
      const token = (await plane.kubectl(["create", "token", "reader", "-n", namespace])).trim();
      const { client, informers } = connect({ kubeconfigPath: plane.kubeconfigWithToken(token) });
      const error = await failureOf(client.list(RESOURCES.ConfigMap, { namespace }));
      expect(error).toBeInstanceOf(ForbiddenError);
      expect(error.message).toMatch(
        /^listing configmaps in namespace faults-\d+: configmaps is forbidden: User "system:serviceaccount:.* cannot list resource/,
      );
      const informer = informers.informer<AnyObject>({ ...WATCHED, namespace });
      const health = followHealth(informer);
      await eventually(() => expect(health.at(-1)).toContain("is forbidden"));
      const role = ["create", "role", "reader", "-n", namespace, "--verb=list,watch", "--resource=configmaps"];
      const account = `--serviceaccount=${namespace}:reader`;
      await plane.kubectl(role);
      await plane.kubectl(["create", "rolebinding", "reader", "-n", namespace, "--role=reader", account]);
      await informer.whenSynced(AbortSignal.timeout(60_000));
      await eventually(() => expect(health.at(-1)).toBeUndefined());
    },
    TIMEOUT_MS,
  );

  it("because its token is wrong is told to check it", async () => {
    const error = await failureOf(
      connect({ kubeconfigPath: plane.kubeconfigWithToken("wrong") }).client.list(RESOURCES.Pod),
    );
    expect(error).toBeInstanceOf(ForbiddenError);
    expect(error.message).toContain("check the credentials in the kubeconfig");
  });
});

describe("certificates", () => {
  it("that are not trusted are an error that says so, and a rotated file is taken up", async () => {
    const { clusters, users } = JSON.parse(readFileSync(plane.kubeconfigPath, "utf8")) as {
      clusters: { cluster: { "certificate-authority-data": string } }[];
      users: { user: { token: string } }[];
    };
    const right = Buffer.from(clusters[0]?.cluster["certificate-authority-data"] ?? "", "base64").toString();
    const wrong = new X509Certificate(rootCertificates[0] ?? "").toString();
    folder.write("ca.crt", wrong);
    const cluster = { server: plane.url, "certificate-authority": "ca.crt" };
    const kubeconfigPath = folder.kubeconfig({ cluster, user: users[0]?.user ?? {} });
    const { client } = connect({ kubeconfigPath });
    const error = await failureOf(client.list(RESOURCES.Node));
    expect(error.message).toContain("its certificate is not trusted; check certificate-authority in the kubeconfig");
    folder.write("ca.crt", right);
    await expect(client.list(RESOURCES.Node)).resolves.toEqual([]);
  });
});

describe("connections to a real server", () => {
  it(
    "are shared by requests, one for each watch, and all gone after close",
    async () => {
      const before = sockets();
      const connection = connect();
      const namespace = await newNamespace();
      const kinds = [RESOURCES.Pod, RESOURCES.Service, RESOURCES.Node, RESOURCES.Secret];
      const uses = kinds.map((type) => connection.informers.informer({ type }));
      await Promise.all(uses.map((use) => use.whenSynced(AbortSignal.timeout(60_000))));
      const writes = Array.from({ length: 100 }, (_, index) => map(namespace, `m-${index}`, "1"));
      await Promise.all(writes.map((object) => connection.client.apply(RESOURCES.ConfigMap, object)));
      await eventually(() => expect(sockets() - before).toBeGreaterThanOrEqual(kinds.length));
      // Idle connections of requests do not count: they do not keep a process alive.
      expect(sockets() - before).toBeLessThanOrEqual(kinds.length + 8);
      await connection.close();
      await eventually(() => expect(sockets()).toBe(before));
    },
    TIMEOUT_MS,
  );
});
