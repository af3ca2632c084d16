import type { ConnectionOptions } from "node:tls";
import { Agent, type buildConnector, type Dispatcher, ProxyAgent } from "undici";

import type { ProxyRule } from "./proxy-rules.ts";
import type { TlsMaterial } from "./tls-material.ts";

const CONNECT_TIMEOUT_MS = 10_000;

/** What decides how connections are made. */
export interface ConnectionsOptions {
  readonly tls: TlsMaterial;
  readonly proxyFor: ProxyRule;
  /** A Unix socket that leads to every host, instead of the network. @default the network */
  readonly socketPath?: string | undefined;
  /** Sent to a proxy when it is asked for a tunnel. */
  readonly connectHeaders: Readonly<Record<string, readonly string[]>>;
}

/** The way to the host of a URL. */
export interface Route {
  readonly dispatcher: Dispatcher;
  /** undefined: directly. */
  readonly proxy: URL | undefined;
  /** undefined: over the network. */
  readonly socketPath: string | undefined;
}

/**
 * The connections of one client, by proxy. When certificates change, new requests get new connections, and requests
 * under way end on the old ones.
 *
 * HTTP/1.1 only: a server that offers HTTP/2 speaks both. Connections are kept for a few seconds, which is enough for
 * the requests of one look, and too short for the next one to meet a connection that the server has just given up.
 */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #open = new Map<string, Dispatcher>();
  readonly #retired = new Set<Dispatcher>();
  #tls: ConnectionOptions | undefined;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /** Rejects when certificates cannot be read or used. */
  async routeTo(url: URL): Promise<Route> {
    const { tls, proxyFor, socketPath } = this.#options;
    const tlsOptions = await tls.options();
    if (tlsOptions !== this.#tls) this.#retireAll();
    this.#tls = tlsOptions;
    const proxy = proxyFor(url);
    const key = proxy === undefined ? "" : `${url.protocol} ${proxy.href}`;
    let dispatcher = this.#open.get(key);
    if (dispatcher === undefined) {
      dispatcher = this.#create(url, proxy, tlsOptions);
      this.#open.set(key, dispatcher);
    }
    return { dispatcher, proxy, socketPath };
  }

  /** Ends everything that is under way. */
  async close(): Promise<void> {
    const dispatchers = [...this.#open.values(), ...this.#retired];
    this.#open.clear();
    await Promise.all(dispatchers.map(async (dispatcher) => dispatcher.destroy()));
  }

  #create(url: URL, proxy: URL | undefined, tls: ConnectionOptions): Dispatcher {
    const { socketPath } = this.#options;
    const limits = { allowH2: false, timeout: CONNECT_TIMEOUT_MS };
    if (socketPath !== undefined) return new Agent({ allowH2: false, connect: { ...limits, socketPath } });
    // The library's types say the same with and without "| undefined".
    const connect = { ...tls, ...limits } as buildConnector.BuildOptions;
    if (proxy === undefined) return new Agent({ allowH2: false, connect });
    // The name that the server's certificate must be for is not the proxy's.
    const { servername: _, checkServerIdentity: _check, ...shared } = tls;
    return new ProxyAgent({
      uri: proxy.href,
      // Without a tunnel the proxy would pass them on to the server.
      headers: url.protocol === "https:" ? joined(this.#options.connectHeaders) : {},
      allowH2: false,
      requestTls: connect,
      // To a SOCKS proxy, options for TLS would mean to speak it.
      ...(proxy.protocol === "https:" ? { proxyTls: { ...shared, ...limits } as buildConnector.BuildOptions } : {}),
    });
  }

  #retireAll(): void {
    for (const dispatcher of this.#open.values()) {
      this.#retired.add(dispatcher);
      const forget = (): boolean => this.#retired.delete(dispatcher);
      dispatcher.close().then(forget, forget);
    }
    this.#open.clear();
  }
}

function joined(headers: Readonly<Record<string, readonly string[]>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values.join(", ")]));
}
