import { createServer } from "node:net";

import { describe, expect, it, jest } from "@jest/globals";

import type { DataObject } from "../../../src/allocator/index.ts";
import { nerve } from "../../../src/discovery/zookeeper/nerve.ts";
import { createZooKeeperDiscoverer } from "../../../src/discovery/zookeeper/zookeeper-discoverer.ts";
import { type DiscoveryStage, discoveryStages } from "../../support/discovery-stage.ts";
import { toPlain } from "../../support/label-groups.ts";
import { type ZooKeeperServer, zooKeeperServers } from "../../support/zookeeper-server.ts";

// Each test goes through several connections, on a machine that may be busy.
jest.setTimeout(30_000);

const start = discoveryStages();
const newServer = zooKeeperServers();

const member = (host: string, port = 80): object => ({ host, port, name: `name-of-${host}` });

function follow(servers: readonly string[], settings: DataObject = {}): DiscoveryStage {
  const raw = { servers, paths: ["/nerve"], timeout: "6s", ...settings };
  return start((surroundings) => createZooKeeperDiscoverer(nerve, raw, surroundings));
}

/** A server with two members of one service, and somebody who follows it. */
async function stageWithMembers(): Promise<{ server: ZooKeeperServer; stage: DiscoveryStage }> {
  const server = await newServer();
  server.set("/nerve/web/1", member("a"));
  server.set("/nerve/web/2", member("b", 8080));
  const stage = follow([server.address]);
  await stage.until(() => stage.sink.updates.length > 0, "targets");
  return { server, stage };
}

/** Sources with the address of their target, sorted. */
function addresses({ sink }: DiscoveryStage): Readonly<Record<string, string>> {
  const groups = [...sink.groups.values()].map(toPlain).toSorted((a, b) => (a.source < b.source ? -1 : 1));
  return Object.fromEntries(groups.map(({ source, targets }) => [source, targets[0]?.["__address__"] ?? ""]));
}

/** Lets the time pass, round by round, until nothing fails any more. */
async function recovery(stage: DiscoveryStage): Promise<void> {
  const { sink, clock } = stage;
  while (sink.failing !== undefined) {
    const before = sink.failures.length;
    await clock.advance(1_000);
    await stage.until(() => sink.failing === undefined || sink.failures.length > before, "the next attempt");
  }
}

describe("what ZooKeeper holds", () => {
  it("is found at all levels below the paths, one group for each member", async () => {
    const server = await newServer();
    server.set("/nerve/web/1", member("a"));
    server.set("/nerve/deep/er/and/deeper", member("::1", 9100));
    server.set("/nerve/none", "{}");
    server.set("/nerve/broken", "{");
    server.set("/other/1", member("other"));
    server.set("/elsewhere/1", member("elsewhere"));
    const stage = follow([server.address], { paths: ["/nerve", "/other/"] });
    await stage.until(() => stage.sink.updates.length > 0, "targets");
    expect(addresses(stage)).toEqual({
      "/nerve/deep/er/and/deeper": "[::1]:9100",
      "/nerve/none": ":0",
      "/nerve/web/1": "a:80",
      "/other/1": "other:80",
    });
    expect(stage.sink.updates).toHaveLength(1);
    expect(stage.sink.failing).toBeUndefined();
  });

  it("is followed: what comes, changes and goes is told by itself", async () => {
    const { server, stage } = await stageWithMembers();
    const told = async (change: () => void): Promise<unknown> => {
      const before = stage.sink.updates.length;
      change();
      await stage.until(() => stage.sink.updates.length > before, "a change");
      return stage.sink.updates.slice(before).flatMap((groups) => groups.map(({ source }) => source));
    };
    expect(await told(() => server.set("/nerve/web/3", member("c")))).toEqual(["/nerve/web/3"]);
    expect(await told(() => server.set("/nerve/web/1", member("a", 81)))).toEqual(["/nerve/web/1"]);
    expect(await told(() => server.delete("/nerve/web/2"))).toEqual(["/nerve/web/2"]);
    expect(await told(() => server.set("/nerve/web/1", "no member"))).toEqual(["/nerve/web/1"]);
    expect(addresses(stage)).toEqual({ "/nerve/web/3": "c:80" });
    server.delete("/nerve/web");
    await stage.until(() => stage.sink.groups.size === 0, "nothing");
    server.set("/nerve/db/1", member("d"));
    await stage.until(() => stage.sink.groups.size === 1, "a new service");
    expect(addresses(stage)).toEqual({ "/nerve/db/1": "d:80" });
  });

  it("is seen however often a member goes and comes back", async () => {
    const { server, stage } = await stageWithMembers();
    for (let port = 1; port <= 20; port += 1) {
      server.delete("/nerve/web/1");
      server.set("/nerve/web/1", member("a", port));
      if (port % 3 === 0)
        await stage.until(() => addresses(stage)["/nerve/web/1"] === `a:${String(port)}`, "the latest");
    }
    await stage.until(() => addresses(stage)["/nerve/web/1"] === "a:20", "the latest");
    expect(stage.sink.failures).toEqual([]);
  });

  it("costs reads in proportion to what changes", async () => {
    const server = await newServer();
    for (let i = 0; i < 100; i += 1) server.set(`/nerve/web/${String(i)}`, member(`h${String(i)}`));
    const stage = follow([server.address]);
    await stage.until(() => stage.sink.groups.size === 100, "all members");
    server.reads.length = 0;
    server.set("/nerve/web/7", member("moved"));
    await stage.until(() => addresses(stage)["/nerve/web/7"] === "moved:80", "the change");
    expect(server.reads).toEqual(["getData /nerve/web/7", "getChildren /nerve/web/7"]);
  });

  it("is waited for where the path does not exist, and gone when the path is", async () => {
    const server = await newServer();
    const stage = follow([server.address]);
    await stage.until(() => stage.sink.updates.length > 0, "an answer");
    const missing = "nerve_sd_configs: ZooKeeper has no node /nerve; create it or correct paths";
    expect([stage.sink.groups.size, stage.sink.failing]).toEqual([0, missing]);
    server.set("/nerve/web/1", member("a"));
    await stage.until(() => stage.sink.groups.size === 1, "the member");
    expect(stage.sink.failing).toBeUndefined();
    server.delete("/nerve");
    await stage.until(() => stage.sink.groups.size === 0, "nothing");
    expect(stage.sink.failing).toBe(missing);
    server.set("/nerve/web/2", member("b"));
    await stage.until(() => stage.sink.groups.size === 1, "the member");
    expect(addresses(stage)).toEqual({ "/nerve/web/2": "b:80" });
  });
});

describe("a connection that is lost", () => {
  it("is made again within the same session; only what has changed meanwhile is told", async () => {
    const { server, stage } = await stageWithMembers();
    await server.stop();
    await stage.until(() => stage.sink.failing !== undefined, "the loss");
    expect(stage.sink.failing).toBe(
      `ZooKeeper ${server.address}: the connection was cut; check the server and what lies between`,
    );
    expect(addresses(stage)).toEqual({ "/nerve/web/1": "a:80", "/nerve/web/2": "b:8080" });
    server.set("/nerve/web/1", member("a", 81));
    server.delete("/nerve/web/2");
    server.set("/nerve/web/3", member("c"));
    await server.start();
    await stage.clock.advance(1_000);
    await stage.until(() => stage.sink.failing === undefined, "the recovery");
    expect(addresses(stage)).toEqual({ "/nerve/web/1": "a:81", "/nerve/web/3": "c:80" });
    expect(stage.sink.updates[1]?.map(({ source }) => source).toSorted()).toEqual([
      "/nerve/web/1",
      "/nerve/web/2",
      "/nerve/web/3",
    ]);
    const [first, second] = server.connects;
    expect(first).toEqual({ session: 0n, lastZxid: 0n, timeoutMs: 6_000 });
    expect(second?.session).toBe(1n);
    expect(second?.lastZxid).toBeGreaterThan(0n);
  });

  it("changes nothing when nothing has changed", async () => {
    const { server, stage } = await stageWithMembers();
    server.cut();
    await stage.until(() => stage.sink.failing !== undefined, "the loss");
    await stage.clock.advance(1_000);
    await stage.until(() => stage.sink.failing === undefined, "the recovery");
    expect(stage.sink.updates.slice(1)).toEqual([[]]);
    server.set("/nerve/web/3", member("c"));
    await stage.until(() => stage.sink.groups.size === 3, "a change on the new connection");
  });

  it.each<{ how: string; lose: (server: ZooKeeperServer) => void }>([
    { how: "has given up the session", lose: (server) => server.expire() },
    { how: "is a new one that knows less than its client", lose: (server) => server.reset() },
  ])("is made again with a new session when the server $how", async ({ lose }) => {
    const { server, stage } = await stageWithMembers();
    lose(server);
    server.set("/nerve/web/9", member("new"));
    await stage.until(() => stage.sink.failing !== undefined, "the loss");
    await recovery(stage);
    await stage.until(() => addresses(stage)["/nerve/web/9"] === "new:80", "the new member");
    expect(server.connects.at(-1)).toMatchObject({ session: 0n, lastZxid: 0n });
  });

  it("goes to another server", async () => {
    const servers = [await newServer(), await newServer()];
    for (const [i, server] of servers.entries()) server.set("/nerve/web", member(`h${String(i)}`));
    const stage = follow(servers.map(({ address }) => address));
    await stage.until(() => stage.sink.groups.size === 1, "targets");
    const used = servers.findIndex(({ connections }) => connections > 0);
    await servers[used]?.stop();
    const other = `h${String(1 - used)}:80`;
    await stage.until(() => stage.sink.failing !== undefined, "the loss");
    await recovery(stage);
    expect(addresses(stage)).toEqual({ "/nerve/web": other });
  });

  it("is noticed when the server falls silent", async () => {
    const { server, stage } = await stageWithMembers();
    await stage.clock.advance(2_000);
    await stage.until(() => server.pings === 1, "a ping");
    server.silent = true;
    await stage.clock.advance(6_000);
    await stage.until(() => stage.sink.failing !== undefined, "the loss");
    expect(stage.sink.failing).toBe(`ZooKeeper ${server.address}: it has fallen silent`);
    expect(stage.sink.groups.size).toBe(2);
  });
});

describe("what fails", () => {
  it("says that nobody listens, and never that there is nothing", async () => {
    const server = await newServer();
    await server.stop();
    const stage = follow([server.address]);
    await stage.until(() => stage.sink.failing !== undefined, "a failure");
    expect(stage.sink.failing).toBe(
      `ZooKeeper ${server.address}: connection refused; check that the server runs there (ECONNREFUSED)`,
    );
    expect(stage.sink.updates).toEqual([]);
  });

  it("says that the server does not answer in time", async () => {
    const server = await newServer();
    server.silent = true;
    const stage = follow([server.address]);
    await stage.until(() => server.connections === 1, "a connection");
    await stage.clock.advance(6_000);
    await stage.until(() => stage.sink.failing !== undefined, "a failure");
    expect(stage.sink.failing).toBe(`ZooKeeper ${server.address}: no answer within 6 s`);
  });

  it("says that something else listens there", async () => {
    const web = createServer((socket) =>
      socket
        .on("error", () => undefined)
        .resume()
        .end("HTTP/1.1 400 Bad Request\r\n\r\n"),
    );
    await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
    const { port } = web.address() as { port: number };
    const stage = follow([`127.0.0.1:${String(port)}`]);
    await stage.until(() => stage.sink.failing !== undefined, "a failure");
    expect(stage.sink.failing).toBe(
      `ZooKeeper 127.0.0.1:${String(port)}: what it says is not ZooKeeper's protocol; check host and port`,
    );
    await stage.stop();
    await new Promise((resolve) => web.close(resolve));
  });

  it("keeps everything when one node may not be read, and reads again after ten seconds", async () => {
    const { server, stage } = await stageWithMembers();
    server.denied.add("/nerve/web/2");
    server.set("/nerve/web/2", member("changed"));
    await stage.until(() => stage.sink.failing !== undefined, "the refusal");
    expect(stage.sink.failing).toBe(
      `ZooKeeper ${server.address}: reading /nerve/web/2: the node may not be read without authentication; ` +
        "allow everybody to read it (error -102)",
    );
    expect(addresses(stage)).toEqual({ "/nerve/web/1": "a:80", "/nerve/web/2": "b:8080" });
    server.denied.clear();
    await stage.clock.advance(10_000);
    await stage.until(() => stage.sink.failing === undefined, "the recovery");
    expect(addresses(stage)).toEqual({ "/nerve/web/1": "a:80", "/nerve/web/2": "changed:80" });
    expect(server.connects).toHaveLength(1);
  });

  it.each<{ what: string; settings: DataObject; says: string }>([
    { what: "a server without a host", settings: { servers: [":2181"] }, says: '":2181" is no ZooKeeper server' },
    { what: "no time to answer", settings: { timeout: "0s" }, says: "nerve_sd_configs: timeout must be longer than 0" },
  ])("refuses settings with $what", ({ settings, says }) => {
    expect(() => follow(["127.0.0.1:1"], settings)).toThrow(says);
  });
});

describe("the end", () => {
  it("gives up the session, and leaves no connection and no timer", async () => {
    const { server, stage } = await stageWithMembers();
    await stage.stop();
    await stage.until(() => server.connections === 0 && server.closedSessions === 1, "the end of the session");
    expect(stage.clock.pending).toBe(0);
  });

  it("comes at once while there is no connection", async () => {
    const server = await newServer();
    server.silent = true;
    const stage = follow([server.address]);
    await stage.until(() => server.connections === 1, "a connection");
    await stage.stop();
    await stage.until(() => server.connections === 0, "its end");
    expect([stage.clock.pending, stage.sink.failing]).toEqual([0, undefined]);
  });
});
