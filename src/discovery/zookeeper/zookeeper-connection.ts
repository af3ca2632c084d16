import { connect, type Socket } from "node:net";

import type { Clock } from "../../observability/clock.ts";
import { explainNoAnswer } from "../http-client/http-error.ts";
import { hostPort } from "../label-text.ts";
import { Wakeup } from "../wakeup.ts";
import { JutePackets, JuteReader, JuteWriter } from "./jute.ts";
import { NO_NODE, OPERATION, XID } from "./protocol.ts";
import type { ServerAddress } from "./server-address.ts";
import type { ZNodeReader } from "./znode-tree.ts";
import { refusal, ZooKeeperError } from "./zookeeper-error.ts";

/** What a server knows a client by, on whatever connection. */
export interface ZooKeeperSession {
  readonly id: bigint;
  readonly password: Buffer;
  /** The latest change that the client knows of. A server that does not know it yet turns the client away. */
  readonly lastZxid: bigint;
}

/** Where a connection leads, and how. */
export interface ConnectOptions {
  readonly server: ServerAddress;
  /** One to go on with. @default a new one */
  readonly session: ZooKeeperSession | undefined;
  /** For connecting; asked of the server as the time after which it gives up a session that it hears nothing of. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

interface Waiting {
  /** What was tried on what, for errors. */
  readonly attempt: string;
  readonly resolve: (answer: JuteReader | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** Silence for so many of the thirds of a session's time means that nobody is there. */
const SILENT_BEATS = 2;

/**
 * Connects to a server, which ends when the signal is aborted. Rejects with ZooKeeperError when there is no session:
 * the server does not answer in time, or has given up the one to go on with.
 */
export async function connectZooKeeper(options: ConnectOptions, signal: AbortSignal): Promise<ZooKeeperConnection> {
  signal.throwIfAborted();
  const connection = new ZooKeeperConnection(options, connect(options.server));
  await connection.begin(signal);
  return connection;
}

/** One connection, on which every read also sets a watch. Watches end with it. */
export class ZooKeeperConnection implements ZNodeReader {
  readonly #options: ConnectOptions;
  readonly #socket: Socket;
  readonly #packets = new JutePackets();
  readonly #greeting = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #waiting = new Map<number, Waiting>();
  readonly #changed = new Set<string>();
  readonly #wakeup = new Wakeup();
  #session: ZooKeeperSession | undefined;
  #lastXid = 0;
  #silentBeats = 0;
  #failure: ZooKeeperError | undefined;
  #cancelTimer: () => void = () => undefined;
  #forgetSignal: () => void = () => undefined;

  /** @param socket - On its way to the server. */
  constructor(options: ConnectOptions, socket: Socket) {
    this.#options = options;
    this.#socket = socket;
  }

  /** For the next connection; undefined when the server has given none. */
  get session(): ZooKeeperSession | undefined {
    return this.#session;
  }

  /** To be called once, before everything else. Resolves when the server has given a session. */
  async begin(signal: AbortSignal): Promise<void> {
    const { session, timeoutMs, clock } = this.#options;
    const socket = this.#socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", (error) => this.#fail(explainNoAnswer(error), error));
    socket.on("close", () => {
      this.#fail("the connection was cut; check the server and what lies between");
      this.#closed.resolve();
    });
    const onAbort = (): void => void this.close();
    signal.addEventListener("abort", onAbort, { once: true });
    this.#forgetSignal = () => signal.removeEventListener("abort", onAbort);
    this.#cancelTimer = clock.after(timeoutMs, () => this.#fail(`no answer within ${String(timeoutMs / 1_000)} s`));
    const request = new JuteWriter()
      .int(0)
      .long(session?.lastZxid ?? 0n)
      .int(timeoutMs)
      .long(session?.id ?? 0n)
      .bytes(session?.password ?? Buffer.alloc(16))
      .flag(false);
    socket.write(request.packet());
    await this.#greeting.promise;
  }

  async data(path: string): Promise<Buffer | undefined> {
    return (await this.#ask(OPERATION.getData, path))?.bytes();
  }

  async children(path: string): Promise<readonly string[] | undefined> {
    return (await this.#ask(OPERATION.getChildren, path))?.texts();
  }

  async exists(path: string): Promise<boolean> {
    return (await this.#ask(OPERATION.exists, path)) !== undefined;
  }

  /** Waits for watches to fire; answers with where they did. Rejects when the connection or the signal ends. */
  async changes(signal: AbortSignal): Promise<readonly string[]> {
    while (this.#changed.size === 0 && this.#failure === undefined && !signal.aborted) await this.#wakeup.wait(signal);
    signal.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure;
    const paths = [...this.#changed];
    this.#changed.clear();
    return paths;
  }

  /** Gives up the session, and ends what is under way; resolves when nothing of it is left. Idempotent. */
  async close(): Promise<void> {
    if (this.#failure === undefined && this.#session !== undefined) {
      this.#socket.write(new JuteWriter().int(this.#nextXid()).int(OPERATION.close).packet());
      this.#end(new ZooKeeperError(`${this.#name}: this program has closed the connection`));
      this.#socket.destroySoon();
    }
    this.#fail("this program has given up connecting");
    await this.#closed.promise;
  }

  get #name(): string {
    const { host, port } = this.#options.server;
    return `ZooKeeper ${hostPort(host, port)}`;
  }

  #nextXid(): number {
    this.#lastXid = (this.#lastXid % 0x7f_ff_ff_ff) + 1;
    return this.#lastXid;
  }

  async #ask(operation: number, path: string): Promise<JuteReader | undefined> {
    if (this.#failure !== undefined) throw this.#failure;
    const xid = this.#nextXid();
    const { promise, resolve, reject } = Promise.withResolvers<JuteReader | undefined>();
    this.#waiting.set(xid, { attempt: `${this.#name}: reading ${path}`, resolve, reject });
    this.#socket.write(new JuteWriter().int(xid).int(operation).text(path).flag(true).packet());
    return promise;
  }

  #receive(chunk: Buffer): void {
    this.#silentBeats = 0;
    try {
      for (const record of this.#packets.take(chunk)) {
        if (this.#session === undefined) this.#greet(new JuteReader(record));
        else this.#take(new JuteReader(record), this.#session);
      }
    } catch (error) {
      this.#fail("what it says is not ZooKeeper's protocol; check host and port", error);
    }
  }

  #greet(response: JuteReader): void {
    response.int();
    const timeoutMs = response.int();
    const [id, password] = [response.long(), response.bytes()];
    if (timeoutMs <= 0) return this.#fail("it does not know the session any more");
    this.#session = { id, password, lastZxid: this.#options.session?.lastZxid ?? 0n };
    this.#cancelTimer();
    this.#beat(timeoutMs / 3);
    this.#greeting.resolve();
  }

  /** A server gives up a session that it hears nothing of. */
  #beat(everyMs: number): void {
    this.#cancelTimer = this.#options.clock.after(everyMs, () => {
      if (this.#silentBeats >= SILENT_BEATS) return this.#fail("it has fallen silent");
      this.#silentBeats += 1;
      this.#socket.write(new JuteWriter().int(XID.ping).int(OPERATION.ping).packet());
      this.#beat(everyMs);
    });
  }

  #take(record: JuteReader, session: ZooKeeperSession): void {
    const [xid, zxid, status] = [record.int(), record.long(), record.int()];
    if (zxid > 0n) this.#session = { ...session, lastZxid: zxid };
    if (xid === XID.event) return this.#notice(record);
    const waiting = this.#waiting.get(xid);
    this.#waiting.delete(xid);
    if (status === 0) waiting?.resolve(record);
    else if (status === NO_NODE) waiting?.resolve(undefined);
    else waiting?.reject(refusal(waiting.attempt, status));
  }

  #notice(event: JuteReader): void {
    event.int();
    event.int();
    const path = event.text();
    // Without a path it is about the session, of which the connection tells enough.
    if (path === "") return;
    this.#changed.add(path);
    this.#wakeup.notify();
  }

  #fail(why: string, cause?: unknown): void {
    if (this.#failure !== undefined) return;
    this.#end(new ZooKeeperError(`${this.#name}: ${why}`, { cause }));
    this.#socket.destroy();
  }

  #end(failure: ZooKeeperError): void {
    this.#failure = failure;
    this.#cancelTimer();
    this.#forgetSignal();
    this.#greeting.reject(failure);
    for (const { reject } of this.#waiting.values()) reject(failure);
    this.#waiting.clear();
    this.#wakeup.notify();
  }
}
