import { fork } from "node:child_process";
import { connect, type Socket } from "node:net";
import { type Distribution, distributionOf } from "./report.ts";

/** What is asked of a server, from a process of its own. */
export interface LoadPlan {
  readonly port: number;
  /** Asked one after the other, over all connections. */
  readonly paths: readonly string[];
  readonly connections: number;
  readonly durationMs: number;
  /** Requests that are due each second, answered or not; absent: each connection asks as soon as it has its answer. */
  readonly perSecond?: number;
}

export interface LoadFigures {
  readonly requestsPerSecond: number;
  readonly bytesPerSecond: number;
  /** In milliseconds; of requests with a due time from that time on. */
  readonly latency: Distribution;
  /** Answers other than 200. */
  readonly failed: number;
}

/** Runs the plan and resolves with what came of it. */
export async function load(plan: LoadPlan): Promise<LoadFigures> {
  const child = fork(import.meta.filename, [], { execArgv: ["--disable-warning=ExperimentalWarning"] });
  const figures = new Promise<LoadFigures>((resolve, reject) => {
    child.once("message", (message) => resolve(message as LoadFigures));
    child.once("exit", () => reject(new Error("the process that asks has ended without figures")));
  });
  child.send(plan);
  return figures.finally(() => child.disconnect());
}

const HEAD_END = Buffer.from("\r\n\r\n");
const LENGTH = /content-length: (\d+)/i;
const READ_BYTES = 256 * 1024;

interface Tally {
  readonly latencies: number[];
  bytes: number;
  failed: number;
}

/** One kept connection that reads answers without keeping them. */
class Connection {
  readonly #socket: Socket;
  readonly #tally: Tally;
  readonly #onIdle: (connection: Connection) => void;
  #dueAt = 0;
  /** Bytes of the body that are still to come; undefined while its head is. */
  #left: number | undefined;
  #head = Buffer.alloc(0);

  constructor(port: number, tally: Tally, onIdle: (connection: Connection) => void) {
    this.#tally = tally;
    this.#onIdle = onIdle;
    const callback = (length: number, buffer: Uint8Array): boolean => {
      this.#read(Buffer.from(buffer.buffer, buffer.byteOffset, length));
      return true;
    };
    this.#socket = connect({ port, host: "127.0.0.1", onread: { buffer: Buffer.alloc(READ_BYTES), callback } });
    this.#socket.setNoDelay(true).once("connect", () => onIdle(this));
    // The end of the measurement.
    this.#socket.on("error", () => undefined);
  }

  ask(path: string, dueAt: number): void {
    this.#dueAt = dueAt;
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\n\r\n`);
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#tally.bytes += chunk.length;
    if (this.#left === undefined) {
      this.#head = Buffer.concat([this.#head, chunk]);
      const end = this.#head.indexOf(HEAD_END);
      if (end < 0) return;
      const head = this.#head.toString("latin1", 0, end);
      if (!head.startsWith("HTTP/1.1 200")) this.#tally.failed += 1;
      this.#left = Number(LENGTH.exec(head)?.[1] ?? 0) - (this.#head.length - end - HEAD_END.length);
      this.#head = Buffer.alloc(0);
    } else {
      this.#left -= chunk.length;
    }
    if (this.#left > 0) return;
    this.#left = undefined;
    this.#tally.latencies.push(performance.now() - this.#dueAt);
    this.#onIdle(this);
  }
}

function runLoad({ port, paths, connections, durationMs, perSecond }: LoadPlan): void {
  const tally: Tally = { latencies: [], bytes: 0, failed: 0 };
  const idle: Connection[] = [];
  const all: Connection[] = [];
  const waiting: number[] = [];
  let asked = 0;
  const nextPath = (): string => paths[asked++ % paths.length] ?? "/";
  const onIdle = (connection: Connection): void => {
    const dueAt = perSecond === undefined ? performance.now() : waiting.shift();
    if (dueAt === undefined) idle.push(connection);
    else connection.ask(nextPath(), dueAt);
  };
  for (let i = 0; i < connections; i++) all.push(new Connection(port, tally, onIdle));
  const startedAt = performance.now();
  let made = 0;
  const pace = (): void => {
    for (; made < ((performance.now() - startedAt) / 1_000) * (perSecond ?? 0); made++) {
      const dueAt = startedAt + (made * 1_000) / (perSecond ?? 1);
      const free = idle.pop();
      if (free === undefined) waiting.push(dueAt);
      else free.ask(nextPath(), dueAt);
    }
  };
  const pacing = perSecond === undefined ? undefined : setInterval(pace, 1);
  setTimeout(() => {
    clearInterval(pacing);
    const seconds = (performance.now() - startedAt) / 1_000;
    for (const connection of all) connection.close();
    process.send?.({
      requestsPerSecond: tally.latencies.length / seconds,
      bytesPerSecond: tally.bytes / seconds,
      latency: distributionOf(tally.latencies),
      failed: tally.failed,
    });
  }, durationMs);
}

if (process.argv[1] === import.meta.filename && process.send !== undefined) {
  process.on("message", (plan) => runLoad(plan as LoadPlan));
  process.on("disconnect", () => process.exit());
}
