import type { AgentOptions } from "node:https";
import { isDeepStrictEqual } from "node:util";
import type { DispatcherOptions, KubeConfig } from "@kubernetes/client-node";
import { Agent, type Dispatcher, ProxyAgent, Socks5ProxyAgent, type buildConnector } from "undici";
import { Credentials } from "./credentials.ts";

/** Requests wait for a free connection rather than open more than this. Watches have one connection each. */
export const MOST_REQUEST_CONNECTIONS = 8;
const KEEP_IDLE_MS = 30_000;

/** What a request is sent with. */
export interface PreparedCall {
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly dispatcher: Dispatcher;
  /** To be called when the server does not accept the credentials, before their time is over. */
  readonly refused?: () => void;
}

/** Short requests share a few connections; a stream holds one until it ends. */
export type CallKind = "request" | "stream";

/** The way to one API server, as one account. */
export interface ApiAccess {
  /** Rejects with CredentialError when credentials cannot be had: an unreadable file, a failing exec plugin. */
  prepare(kind: CallKind, signal: AbortSignal): Promise<PreparedCall>;
  /** Ends everything that is under way. */
  close(): Promise<void>;
}

interface Pools {
  readonly options: DispatcherOptions;
  readonly request: Dispatcher;
  readonly stream: Dispatcher;
}

/**
 * The connections to one API server. client-node would open a new pool for each call, which is why the pools are kept
 * here: one set for the credentials in use. With new credentials, calls under way end on the old connections.
 *
 * HTTP/1.1 on purpose: a connection that dies takes one watch with it, not all.
 */
export class ApiConnections implements ApiAccess {
  readonly #kubeConfig: KubeConfig;
  readonly #credentials: Credentials;
  #current: Pools | undefined;
  #closed = false;
  readonly #retired = new Set<Dispatcher>();

  constructor(kubeConfig: KubeConfig) {
    this.#kubeConfig = kubeConfig;
    this.#credentials = new Credentials(kubeConfig);
  }

  async prepare(kind: CallKind, signal: AbortSignal): Promise<PreparedCall> {
    const credentials = await this.#credentials.prepare(signal);
    this.#failIfClosed();
    const cluster = this.#kubeConfig.getCurrentCluster();
    const options = this.#kubeConfig.createDispatcherOptions(cluster, credentials as AgentOptions);
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(credentials.headers ?? {})) headers[name] = String(value);
    if (typeof credentials.auth === "string") {
      headers["Authorization"] = `Basic ${Buffer.from(credentials.auth).toString("base64")}`;
    }
    return { headers, dispatcher: this.#pools(options)[kind] };
  }

  /** Ends everything that is under way; a connection that is only being made ends by its own time-out. */
  async close(): Promise<void> {
    this.#closed = true;
    const pools = [...this.#retired];
    if (this.#current !== undefined) pools.push(this.#current.request, this.#current.stream);
    this.#current = undefined;
    await Promise.all(pools.map(async (pool) => pool.destroy()));
  }

  #failIfClosed(): void {
    if (this.#closed) throw new Error("this program has closed its connections");
  }

  /** Calls that come together must find the same pools, so there is no wait in here. */
  #pools(options: DispatcherOptions): Pools {
    if (this.#current !== undefined && isDeepStrictEqual(this.#current.options, options)) return this.#current;
    this.#retire(this.#current?.request);
    this.#retire(this.#current?.stream);
    this.#current = {
      options,
      request: createPool(options, MOST_REQUEST_CONNECTIONS),
      stream: createPool(options, undefined),
    };
    return this.#current;
  }

  #retire(pool: Dispatcher | undefined): void {
    if (pool === undefined) return;
    this.#retired.add(pool);
    void this.#closeWhenDone(pool);
  }

  async #closeWhenDone(pool: Dispatcher): Promise<void> {
    try {
      await pool.close();
    } catch {
      // It was destroyed meanwhile.
    } finally {
      this.#retired.delete(pool);
    }
  }
}

function createPool(options: DispatcherOptions, mostConnections: number | undefined): Dispatcher {
  const limits = {
    allowH2: false,
    keepAliveTimeout: KEEP_IDLE_MS,
    ...(mostConnections === undefined ? {} : { connections: mostConnections }),
  };
  if (options.type === "none") return new Agent(limits);
  // The libraries' types of TLS options differ in nothing but "| undefined".
  if (options.type === "agent")
    return new Agent({ ...limits, connect: options.connect as buildConnector.BuildOptions });
  const requestTls = options.requestTls as buildConnector.BuildOptions;
  if (options.type === "proxy") return new ProxyAgent({ ...limits, uri: options.uri, requestTls });
  // socks5h says that the proxy resolves host names, which this agent always asks it to.
  return new Socks5ProxyAgent(options.uri.replace(/^socks5h:/, "socks5:"), { ...limits, requestTls });
}
