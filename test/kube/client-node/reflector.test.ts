import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { ServerResponse } from "node:http";
import type { KubeObject } from "../../../src/api/meta.ts";
import { RESOURCES } from "../../../src/api/resource-type.ts";
import { type KubeConnection, createKubeConnection } from "../../../src/kube/client-node/connection.ts";
import type { Informer } from "../../../src/kube/informer.ts";
import { eventually } from "../../support/eventually.ts";
import {
  type FakeApiServer,
  beginWatch,
  sendJson,
  sendStatus,
  startFakeApiServer,
} from "../../support/fake-api-server.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { KubeconfigFolder } from "../../support/kubeconfig-file.ts";

const SCOPE = { type: RESOURCES.ConfigMap, namespace: "shop", labelSelector: "app=web" };
const IDLE_MS = 90_000;

/** What the server holds, and what happens to requests for it. */
interface World {
  objects: KubeObject[];
  version: number;
  /** Instead of the list, the number of times given. */
  refuseLists: { times: number; answer: (response: ServerResponse) => void };
  refuseWatches: { times: number; answer: (response: ServerResponse) => void };
  /** Of the newest watch. */
  send: (type: string, object: unknown) => void;
  response: ServerResponse | undefined;
}

let clock: FakeClock;
let folder: KubeconfigFolder;
let server: FakeApiServer;
let connection: KubeConnection;
let world: World;

const never = { times: 0, answer: () => undefined };
const map = (name: string, version: number, uid = name): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "shop", uid, resourceVersion: String(version) },
});

beforeEach(async () => {
  clock = new FakeClock();
  folder = new KubeconfigFolder();
  world = {
    objects: [map("a", 1)],
    version: 10,
    refuseLists: never,
    refuseWatches: never,
    send: () => undefined,
    response: undefined,
  };
  server = await startFakeApiServer(({ url }, response) => {
    const isWatch = url.includes("watch=true");
    const refusal = isWatch ? world.refuseWatches : world.refuseLists;
    if (refusal.times > 0) {
      refusal.times -= 1;
      refusal.answer(response);
    } else if (isWatch) {
      world.response = response;
      world.send = beginWatch(response);
    } else {
      sendJson(response, { metadata: { resourceVersion: String(world.version) }, items: world.objects });
    }
  });
  connection = createKubeConnection({
    kubeconfigPath: folder.kubeconfig({ cluster: { server: server.url } }),
    timers: clock,
    onWarning: () => undefined,
    // Longer than any wait, so that the two can be told apart.
    requestTimeoutMs: 600_000,
  });
});
afterEach(async () => {
  await connection.close();
  await server.stop();
  folder.remove();
});

const requests = (kind: "list" | "watch"): readonly URLSearchParams[] =>
  server.requests
    .filter(({ url }) => url.includes("watch=true") === (kind === "watch"))
    .map(({ url }) => new URL(url, server.url).searchParams);
const watching = (count: number): Promise<void> =>
  eventually(() => {
    expect(requests("watch")).toHaveLength(count);
    expect(world.response?.headersSent).toBe(true);
  });
const follow = (informer: Informer): string[] => {
  const words: string[] = [];
  informer.onChange(({ type, object }) =>
    words.push(`${type} ${object.metadata.name}@${object.metadata.resourceVersion}`),
  );
  return words;
};
const followHealth = (informer: Informer): (string | undefined)[] => {
  const states: (string | undefined)[] = [];
  informer.onHealth((error) => states.push(error?.message));
  return states;
};
/** Lets the next wait of the reflector pass, and answers how long it was. */
const passWait = async (): Promise<number> => {
  const waitMs = await eventually(() => {
    expect(clock.pending).toBe(1);
    const nextIn = clock.nextIn ?? 0;
    expect(nextIn).toBeLessThanOrEqual(30_000);
    return nextIn;
  });
  await clock.advance(waitMs);
  return waitMs;
};

describe("a watch", () => {
  it("lists, then follows from the version of the list, with bookmarks and an end that the server keeps", async () => {
    connection.informers.informer(SCOPE);
    await watching(1);
    expect(requests("list").map(String)).toEqual(["labelSelector=app%3Dweb&limit=500"]);
    const query = Object.fromEntries(requests("watch")[0] ?? []);
    expect(query).toMatchObject({ labelSelector: "app=web", resourceVersion: "10", allowWatchBookmarks: "true" });
    expect(Number(query["timeoutSeconds"])).toBeGreaterThanOrEqual(240);
    expect(Number(query["timeoutSeconds"])).toBeLessThan(300);
  });

  it("is resumed at the newest version when the server ends it", async () => {
    connection.informers.informer(SCOPE);
    await watching(1);
    world.send("BOOKMARK", map("", 25));
    world.response?.end();
    await watching(2);
    expect(requests("watch")[1]?.get("resourceVersion")).toBe("25");
    expect(requests("list")).toHaveLength(1);
  });

  it("is resumed where it was when the connection breaks, and nothing comes twice or is lost", async () => {
    const informer = connection.informers.informer(SCOPE);
    const words = follow(informer);
    const health = followHealth(informer);
    await watching(1);
    world.send("ADDED", map("b", 11));
    await eventually(() => expect(words).toHaveLength(2));
    server.cut();
    await watching(2);
    world.send("MODIFIED", map("b", 12));
    await eventually(() => expect(words).toEqual(["added a@1", "added b@11", "updated b@12"]));
    expect(requests("watch")[1]?.get("resourceVersion")).toBe("11");
    expect(health).toEqual([]);
  });

  it("that is cut in the middle of an event is resumed before that event", async () => {
    const words = follow(connection.informers.informer(SCOPE));
    await watching(1);
    world.response?.write('{"type":"ADDED","object":{"metadata":{"na');
    await clock.advance(2_000);
    server.cut();
    await watching(2);
    expect(requests("watch")[1]?.get("resourceVersion")).toBe("10");
    world.send("ADDED", map("b", 11));
    await eventually(() => expect(words).toEqual(["added a@1", "added b@11"]));
  });

  it("that falls silent is taken for dead and resumed", async () => {
    connection.informers.informer(SCOPE);
    await watching(1);
    await clock.advance(IDLE_MS - 1);
    expect(requests("watch")).toHaveLength(1);
    await clock.advance(1);
    await watching(2);
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  it("lives as long as bytes come, whatever they are", async () => {
    connection.informers.informer(SCOPE);
    await watching(1);
    for (let passed = 0; passed < 3 * IDLE_MS; passed += IDLE_MS / 2) {
      world.send("BOOKMARK", map("", 20 + passed));
      // The bytes must have arrived before the clock moves.
      await new Promise((resolve) => setTimeout(resolve, 20));
      await clock.advance(IDLE_MS / 2);
    }
    expect(requests("watch")).toHaveLength(1);
  });

  it("that the server ends at once again and again is not opened again at once", async () => {
    world.refuseWatches = { times: 3, answer: (response) => void response.writeHead(200).end() };
    connection.informers.informer(SCOPE);
    const waits = [await passWait(), await passWait(), await passWait()];
    for (const [index, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(100 * 2 ** index);
      expect(wait).toBeLessThanOrEqual(200 * 2 ** index);
    }
    await watching(4);
  });
});

describe("a version that the server no longer knows", () => {
  const gone = { code: 410, reason: "Expired", message: "too old resource version" };

  it.each<{ name: string; expire: () => void }>([
    {
      name: "in the answer to a watch",
      expire: () => {
        world.refuseWatches = { times: 1, answer: (response) => sendStatus(response, gone) };
        server.cut();
      },
    },
    { name: "in an event of a watch", expire: () => world.send("ERROR", { kind: "Status", ...gone }) },
  ])("$name leads to a new list, whose differences are delivered", async ({ expire }) => {
    world.objects = [map("a", 1), map("b", 2), map("c", 3)];
    const informer = connection.informers.informer(SCOPE);
    const words = follow(informer);
    const health = followHealth(informer);
    await watching(1);
    world.objects = [map("b", 2), map("c", 30), map("d", 31)];
    world.version = 40;
    words.length = 0;
    await clock.advance(2_000);
    expire();
    await passWait();
    await eventually(() => expect(words).toHaveLength(3));
    expect(words).toEqual(["updated c@30", "added d@31", "deleted a@1"]);
    expect(health).toEqual([]);
    await eventually(() => expect(requests("watch").at(-1)?.get("resourceVersion")).toBe("40"));
  });

  it("is listed anew at once after an outage, however long the waits had grown", async () => {
    const answers = [...Array.from({ length: 8 }, () => ({ code: 503, message: "starting" })), gone];
    connection.informers.informer(SCOPE);
    await watching(1);
    await clock.advance(2_000);
    world.refuseWatches = {
      times: answers.length,
      answer: (response) => sendStatus(response, answers.shift() ?? gone),
    };
    server.cut();
    const waits: number[] = [];
    for (let index = 0; index < 9; index++) waits.push(await passWait());
    expect(waits.at(-2)).toBeGreaterThanOrEqual(12_800);
    expect(waits.at(-1)).toBeLessThanOrEqual(200);
    await watching(11);
    expect(requests("list")).toHaveLength(2);
  });

  it("again and again is listed after waits that grow", async () => {
    world.refuseWatches = { times: 6, answer: (response) => sendStatus(response, gone) };
    connection.informers.informer(SCOPE);
    const waits: number[] = [];
    for (let index = 0; index < 6; index++) waits.push(await passWait());
    expect(waits.at(-1)).toBeGreaterThanOrEqual(3_200);
    await watching(7);
  });

  it("in the middle of a list leads to a new list", async () => {
    world.refuseLists = { times: 1, answer: (response) => sendStatus(response, gone) };
    const informer = connection.informers.informer(SCOPE);
    await passWait();
    await watching(1);
    expect(informer.synced).toBe(true);
    expect(requests("list")).toHaveLength(2);
  });

  it("shows an object that was replaced by one of the same name as gone and new", async () => {
    const words = follow(connection.informers.informer(SCOPE));
    await watching(1);
    world.objects = [map("a", 20, "another")];
    world.send("ERROR", { kind: "Status", ...gone });
    await passWait();
    await eventually(() => expect(words).toEqual(["added a@1", "deleted a@1", "added a@20"]));
  });
});

describe("a server that refuses", () => {
  it("is asked again after waits that grow to 30 seconds, until it answers", async () => {
    world.refuseLists = { times: 10, answer: (response) => sendStatus(response, { code: 500, message: "no" }) };
    const informer = connection.informers.informer(SCOPE);
    const health = followHealth(informer);
    const waits: number[] = [];
    for (let index = 0; index < 10; index++) waits.push(await passWait());
    for (const [index, wait] of waits.entries()) {
      const full = Math.min(30_000, 200 * 2 ** index);
      expect(wait).toBeGreaterThanOrEqual(full / 2);
      expect(wait).toBeLessThanOrEqual(full);
    }
    await watching(1);
    expect(health).toEqual(["listing configmaps in namespace shop (app=web): no", undefined]);
    expect(informer.synced).toBe(true);
  });

  it("is asked after short waits again once a watch has worked", async () => {
    world.refuseLists = { times: 5, answer: (response) => sendStatus(response, { code: 500, message: "no" }) };
    connection.informers.informer(SCOPE);
    for (let index = 0; index < 5; index++) await passWait();
    await watching(1);
    world.send("BOOKMARK", map("", 20));
    world.refuseWatches = { times: 1, answer: (response) => sendStatus(response, { code: 503, message: "later" }) };
    world.response?.end();
    expect(await passWait()).toBeLessThanOrEqual(200);
    await watching(3);
  });

  it("is not asked before the time that it asks for", async () => {
    const busy = { code: 429, message: "busy", retryAfter: 7 };
    connection.informers.informer(SCOPE);
    await watching(1);
    world.refuseWatches = { times: 1, answer: (response) => sendStatus(response, busy) };
    await clock.advance(2_000);
    world.response?.end();
    expect(await passWait()).toBe(7_000);
    await watching(3);
    expect(requests("list")).toHaveLength(1);
  });

  it("the watch but not the list is shown as failing all the time", async () => {
    world.refuseWatches = {
      times: 3,
      answer: (response) => sendStatus(response, { code: 403, message: "may not watch" }),
    };
    const informer = connection.informers.informer(SCOPE);
    const health = followHealth(informer);
    for (let index = 0; index < 3; index++) await passWait();
    await watching(4);
    const failure =
      "watching configmaps in namespace shop (app=web): may not watch; grant this to the account, or use one that may";
    expect(health).toEqual([failure, undefined]);
  });

  it("a version from before it lost its data is listed anew", async () => {
    connection.informers.informer(SCOPE);
    await watching(1);
    const future = { code: 504, reason: "Timeout", message: "Too large resource version: 10, current: 3" };
    world.refuseWatches = { times: 1, answer: (response) => sendStatus(response, future) };
    world.version = 3;
    await clock.advance(2_000);
    world.response?.end();
    await passWait();
    await watching(3);
    expect(requests("list")).toHaveLength(2);
    expect(requests("watch").at(-1)?.get("resourceVersion")).toBe("3");
  });

  it("sends events that are no JSON is listed anew", async () => {
    const informer = connection.informers.informer(SCOPE);
    const health = followHealth(informer);
    await watching(1);
    world.response?.write("this is no event\n");
    await passWait();
    await watching(2);
    expect(requests("list")).toHaveLength(2);
    expect(health).toEqual([expect.stringContaining("JSON"), undefined]);
  });
});

describe("a server that is away", () => {
  it("is found again, and the watch goes on where it was", async () => {
    const informer = connection.informers.informer(SCOPE);
    const words = follow(informer);
    const health = followHealth(informer);
    await watching(1);
    const port = Number(new URL(server.url).port);
    await clock.advance(2_000);
    await server.stop();
    await passWait();
    await passWait();
    expect(health).toEqual([expect.stringContaining("connection refused")]);
    const again = await startFakeApiServer(({ url }, response) => {
      if (url.includes("watch=true")) beginWatch(response)("ADDED", map("b", 11));
      else sendStatus(response, { code: 500, message: "there is no need for a list" });
    }, port);
    await passWait();
    await eventually(() => expect(words).toEqual(["added a@1", "added b@11"]));
    expect(again.requests.map(({ url }) => new URL(url, again.url).searchParams.get("resourceVersion"))).toEqual([
      "10",
    ]);
    expect(health.at(-1)).toBeUndefined();
    await connection.close();
    await again.stop();
  });
});

describe("a watch that is no longer used", () => {
  it.each<{ name: string; reach: () => Promise<void> }>([
    { name: "while it lists", reach: () => eventually(() => expect(requests("list")).toHaveLength(1)) },
    { name: "while it follows", reach: () => watching(1) },
  ])("$name ends its connection", async ({ name, reach }) => {
    if (name === "while it lists") world.refuseLists = { times: 1, answer: () => undefined };
    const informer = connection.informers.informer(SCOPE);
    await reach();
    const before = server.connections;
    informer.release();
    await eventually(() => expect(server.connections).toBe(before - 1));
    await eventually(() => expect(clock.pending).toBe(0));
    expect(connection.informers.size).toBe(0);
  });

  it("while it waits for its next attempt makes none", async () => {
    world.refuseLists = { times: 1, answer: (response) => sendStatus(response, { code: 500, message: "no" }) };
    const informer = connection.informers.informer(SCOPE);
    await eventually(() => expect([requests("list").length, clock.pending]).toEqual([1, 1]));
    informer.release();
    await eventually(() => expect(clock.pending).toBe(0));
    await clock.advance(60_000);
    expect(server.requests).toHaveLength(1);
  });

  it("delivers nothing that was under way", async () => {
    const informer = connection.informers.informer(SCOPE);
    const other = connection.informers.informer({ ...SCOPE, namespace: "else" });
    const words = follow(informer);
    await watching(2);
    informer.release();
    words.length = 0;
    world.send("ADDED", map("b", 11));
    await eventually(() => expect(other.synced).toBe(true));
    expect(words).toEqual([]);
  });
});

describe("uses of the same scope", () => {
  it("share one watch, which ends with the last", async () => {
    const [first, second] = [connection.informers.informer(SCOPE), connection.informers.informer(SCOPE)];
    await watching(1);
    expect(connection.informers.size).toBe(1);
    first.release();
    expect(connection.informers.size).toBe(1);
    second.release();
    expect(connection.informers.size).toBe(0);
    expect(requests("list")).toHaveLength(1);
  });
});
