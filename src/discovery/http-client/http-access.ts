import type { Dispatcher } from "undici";

import type { Connections } from "./connections.ts";
import type { HeaderValues } from "./http-exchange.ts";
import type { OAuth2Tokens } from "./oauth2-tokens.ts";
import type { RequestHeaders } from "./request-headers.ts";

/** What a request is sent with. */
export interface PreparedRequest {
  /** What says who the client is, and the configured headers. */
  readonly headers: HeaderValues;
  /** Directly or through a proxy, with the configured certificates. */
  readonly dispatcher: Dispatcher;
}

/** What access is made of. */
export interface HttpAccessOptions {
  readonly connections: Connections;
  readonly headers: RequestHeaders;
  /** Of `oauth2`; undefined without it. */
  readonly tokens: OAuth2Tokens | undefined;
}

/**
 * The way to servers that the HTTP client settings of a section describe, for somebody who sends requests and reads
 * answers in another way than DiscoveryHttpClient: streams, for example. Redirects are not followed.
 */
export class HttpAccess {
  readonly #options: HttpAccessOptions;

  constructor(options: HttpAccessOptions) {
    this.#options = options;
  }

  /** Reads the files that the settings name anew. Rejects when one is unusable, and when no token can be had. */
  async prepare(url: URL, signal: AbortSignal): Promise<PreparedRequest> {
    const { connections, headers } = this.#options;
    const hop = { method: "GET", url, headers: {}, origin: url, foreign: false } as const;
    return {
      headers: await headers.complete(hop, signal),
      dispatcher: (await connections.routeTo(url)).dispatcher,
    };
  }

  /** The server has not accepted the credentials, perhaps because it has taken back a token before its time. */
  refused(): void {
    this.#options.tokens?.forget();
  }

  /** Ends everything that is under way. */
  async close(): Promise<void> {
    await Promise.all([this.#options.connections.close(), this.#options.tokens?.close()]);
  }
}
