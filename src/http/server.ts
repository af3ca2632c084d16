import { createServer, type RequestListener, type Server, type ServerOptions } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** Where to listen and how to stop. Times are in milliseconds. */
export interface ServeOptions {
  /** Host name or IP address; absent: all interfaces, IPv4 and IPv6. */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** What chooses the address, for the error message, such as `--listen-addr or listen_addr in FILE`. */
  readonly setBy: string;
  /** How long to go on accepting requests after the stop, until clients have seen that readiness is gone. @default 0 */
  readonly lingerMs?: number;
  /** How long open requests may take after that before they are cut. @default 5,000 */
  readonly drainMs?: number;
  /** Makes the server, with these limits. @default plain HTTP */
  readonly create?: (limits: ServerOptions) => HttpsServer;
  /** Called once requests are accepted. */
  readonly onListening?: (address: ListeningAddress) => void;
}

export interface ListeningAddress {
  readonly port: number;
  /** For a browser or curl on this machine. */
  readonly url: string;
}

/** The address cannot be listened on. The message names it, what chooses it, and what to do. */
export class ListenError extends Error {
  readonly code = "LISTEN";
  override readonly name = "ListenError";
}

type AnyServer = Server | HttpsServer;

/**
 * Limits of every server. Clients poll every 30 s over kept connections, so those live longer than that; everything
 * that a client could hold back has a deadline.
 */
const LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 75_000,
  // Of a connection that is in use: a client that does not read its answer.
  timeout: 60_000,
  connectionsCheckingInterval: 5_000,
} as const;

/**
 * Listens until the signal is aborted, then lingers, drains and resolves with every connection closed. Rejects with
 * {@link ListenError} when the address cannot be had.
 */
export async function serve(listener: RequestListener, options: ServeOptions, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { lingerMs = 0, drainMs = 5_000 } = options;
  const { timeout, ...limits } = LIMITS;
  const server = options.create?.(limits) ?? createServer(limits);
  server.timeout = timeout;
  server.on("request", (request, response) => {
    if (signal.aborted) response.setHeader("Connection", "close");
    response.once("close", () => {
      // A connection that was busy when the drain began is idle only after this turn.
      if (!server.listening) setImmediate(() => server.closeIdleConnections());
    });
    listener(request, response);
  });
  await listen(server, options);
  options.onListening?.(addressOf(server, options));
  const failed = await stopOf(server, signal);
  if (failed === undefined && lingerMs > 0) await delay(lingerMs);
  await drain(server, drainMs);
  if (failed !== undefined) throw failed;
}

async function listen(server: AnyServer, options: ServeOptions): Promise<void> {
  const { host, port } = options;
  const where = { port, ...(host === undefined ? {} : { host }) };
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => reject(new ListenError(whyNotListening(cause, options), { cause })));
    server.listen(where, resolve);
  });
  server.removeAllListeners("error");
}

/** Resolves when the server is to stop: with the error if it broke by itself. */
async function stopOf(server: AnyServer, signal: AbortSignal): Promise<Error | undefined> {
  return new Promise((resolve) => {
    server.once("error", resolve);
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}

async function drain(server: AnyServer, drainMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const deadline = setTimeout(() => server.closeAllConnections(), drainMs);
    server.close(() => {
      clearTimeout(deadline);
      resolve();
    });
  });
}

function addressOf(server: AnyServer, { host, create }: ServeOptions): ListeningAddress {
  const { port } = server.address() as AddressInfo;
  const anywhere = host === undefined || host === "0.0.0.0" || host === "::";
  const name = anywhere ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return { port, url: `${create === undefined ? "http" : "https"}://${name}:${String(port)}` };
}

function whyNotListening(error: NodeJS.ErrnoException, { host = "", port, setBy }: ServeOptions): string {
  const address = `${host.includes(":") ? `[${host}]` : host}:${String(port)}`;
  return `cannot listen on ${address}: ${reasonOf(error, port)}, or choose another address with ${setBy}`;
}

function reasonOf(error: NodeJS.ErrnoException, port: number): string {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `the port is in use by another process; stop that one ("ss -ltnp sport = :${String(port)}" names it)`,
    EACCES: "this user may not use the port; take one above 1023",
    EADDRNOTAVAIL: "this machine has no such address; give one of its own, or none before the colon for all",
    ENOTFOUND: "the host name cannot be resolved; give an IP address",
  };
  return reasons[error.code ?? ""] ?? `${error.message}; check the address`;
}
