import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

import { afterEach } from "@jest/globals";

import { JutePackets, JuteReader, JuteWriter } from "../../src/discovery/zookeeper/jute.ts";

const NO_NODE = -101;
const NO_AUTH = -102;
/** `Stat`: which nobody here looks at. */
const STAT_BYTES = 68;
const EVENT = { created: 1, deleted: 2, changed: 3, children: 4 } as const;
/** What a watch of a kind is told of. */
type WatchKind = "data" | "children" | "exists";

interface Client {
  readonly socket: Socket;
  readonly watches: Readonly<Record<WatchKind, Set<string>>>;
  session: bigint;
}

/** What a client has said to begin with. */
export interface SeenConnect {
  readonly session: bigint;
  readonly lastZxid: bigint;
  readonly timeoutMs: number;
}

/**
 * One ZooKeeper server with its nodes in memory, which speaks as much of the protocol as a client needs that reads and
 * watches. Events come in the order in which a real server sends them: those of a node before those of its parent.
 */
export class ZooKeeperServer {
  readonly connects: SeenConnect[] = [];
  /** `getData /path`, in order. */
  readonly reads: string[] = [];
  /** Pings that came. */
  pings = 0;
  /** Sessions that clients have ended themselves. */
  closedSessions = 0;
  /** Says nothing any more while it is set. */
  silent = false;
  /** Nodes that may not be read. */
  readonly denied = new Set<string>();
  readonly #nodes = new Map<string, string>([["/", ""]]);
  readonly #sessions = new Set<bigint>();
  readonly #clients = new Set<Client>();
  #server: Server | undefined;
  #zxid = 1n;
  #port = 0;

  get port(): number {
    return this.#port;
  }
  /** As it stands in a configuration. */
  get address(): string {
    return `127.0.0.1:${String(this.#port)}`;
  }
  /** Connections that are open now. */
  get connections(): number {
    return this.#clients.size;
  }

  /** Listens; on the same port as before, if there was one. */
  async start(): Promise<void> {
    this.#server = createServer((socket) => this.#serve(socket));
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    this.cut();
    server.close();
    await once(server, "close");
  }

  /** Cuts all connections; sessions stay. */
  cut(): void {
    for (const { socket } of this.#clients) socket.destroy();
  }

  /** Gives up all sessions. */
  expire(): void {
    this.#sessions.clear();
    this.cut();
  }

  /** Begins again as an empty server that knows nothing of what was. */
  reset(): void {
    this.#nodes.clear();
    this.#nodes.set("/", "");
    this.#zxid = 1n;
    this.expire();
  }

  /** Writes a node, and those above it that are missing. */
  set(path: string, data: unknown): void {
    const text = typeof data === "string" ? data : JSON.stringify(data);
    const parent = parentOf(path);
    if (!this.#nodes.has(parent)) this.set(parent, "");
    this.#zxid += 1n;
    const isNew = !this.#nodes.has(path);
    this.#nodes.set(path, text);
    this.#notify(path, isNew ? EVENT.created : EVENT.changed, ["data", "exists"]);
    if (isNew) this.#notify(parent, EVENT.children, ["children"]);
  }

  /** Removes a node and all below it. */
  delete(path: string): void {
    for (const child of this.#childrenOf(path)) this.delete(`${path}/${child}`);
    this.#zxid += 1n;
    this.#nodes.delete(path);
    this.#notify(path, EVENT.deleted, ["data", "exists", "children"]);
    this.#notify(parentOf(path), EVENT.children, ["children"]);
  }

  #childrenOf(path: string): readonly string[] {
    const prefix = path === "/" ? "/" : `${path}/`;
    const below = [...this.#nodes.keys()].filter((each) => each.startsWith(prefix) && each !== "/");
    return below.map((each) => each.slice(prefix.length)).filter((name) => !name.includes("/"));
  }

  /** A watch fires once, and is told once even when it was set in several ways. */
  #notify(path: string, type: number, kinds: readonly WatchKind[]): void {
    for (const { socket, watches } of this.#clients) {
      const watched = kinds.filter((kind) => watches[kind].delete(path));
      if (watched.length === 0 || this.silent) continue;
      socket.write(new JuteWriter().int(-1).long(-1n).int(0).int(type).int(3).text(path).packet());
    }
  }

  #serve(socket: Socket): void {
    const packets = new JutePackets();
    const client: Client = {
      socket,
      watches: { data: new Set(), children: new Set(), exists: new Set() },
      session: 0n,
    };
    this.#clients.add(client);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#clients.delete(client));
    socket.on("data", (chunk: Buffer) => {
      for (const record of packets.take(chunk)) {
        if (!this.silent) this.#take(new JuteReader(record), client);
      }
    });
  }

  #take(record: JuteReader, client: Client): void {
    if (client.session === 0n) return this.#greet(record, client);
    const [xid, operation] = [record.int(), record.int()];
    if (operation === 11) {
      this.pings += 1;
      return this.#reply(client, xid, 0);
    }
    if (operation === -11) {
      this.closedSessions += 1;
      this.#sessions.delete(client.session);
      this.#reply(client, xid, 0);
      return void client.socket.end();
    }
    return this.#read(client, { xid, operation, path: record.text() });
  }

  #greet(request: JuteReader, client: Client): void {
    request.int();
    const [lastZxid, timeoutMs, session] = [request.long(), request.int(), request.long()];
    this.connects.push({ session, lastZxid, timeoutMs });
    // A server that is behind its client turns it away without a word.
    if (lastZxid > this.#zxid) return void client.socket.destroy();
    const known = session === 0n || this.#sessions.has(session);
    client.session = session === 0n ? BigInt(this.connects.length) : session;
    if (known) this.#sessions.add(client.session);
    const response = new JuteWriter()
      .int(0)
      .int(known ? timeoutMs : 0)
      .long(known ? client.session : 0n);
    client.socket.write(response.bytes(Buffer.alloc(16, 7)).flag(false).packet());
    if (!known) client.socket.end();
  }

  #read(client: Client, { xid, operation, path }: { xid: number; operation: number; path: string }): void {
    const data = this.#nodes.get(path);
    const stat = Buffer.alloc(STAT_BYTES);
    this.reads.push(`${{ 3: "exists", 4: "getData", 8: "getChildren" }[operation] ?? "unknown"} ${path}`);
    if (this.denied.has(path)) return this.#reply(client, xid, NO_AUTH);
    if (data === undefined) {
      if (operation === 3) client.watches.exists.add(path);
      return this.#reply(client, xid, NO_NODE);
    }
    if (operation === 8) {
      client.watches.children.add(path);
      const names = this.#childrenOf(path);
      const answer = new JuteWriter().int(xid).long(this.#zxid).int(0).int(names.length);
      for (const name of names) answer.text(name);
      return void client.socket.write(answer.packet());
    }
    client.watches.data.add(path);
    const answer = new JuteWriter().int(xid).long(this.#zxid).int(0);
    if (operation === 4) answer.bytes(Buffer.from(data));
    return void client.socket.write(Buffer.concat([withRoom(answer.packet(), stat.length), stat]));
  }

  #reply({ socket }: Client, xid: number, status: number): void {
    socket.write(new JuteWriter().int(xid).long(this.#zxid).int(status).packet());
  }
}

/** A packet whose record goes on for some more bytes. */
function withRoom(packet: Buffer, more: number): Buffer {
  packet.writeInt32BE(packet.length - 4 + more);
  return packet;
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

/** Starts servers for the test that runs, and stops them after it. */
export function zooKeeperServers(): () => Promise<ZooKeeperServer> {
  const started: ZooKeeperServer[] = [];
  afterEach(async () => {
    await Promise.all(started.splice(0).map(async (server) => server.stop()));
  });
  return async () => {
    const server = new ZooKeeperServer();
    await server.start();
    started.push(server);
    return server;
  };
}
