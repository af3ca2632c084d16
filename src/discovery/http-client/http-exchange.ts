import type { Dispatcher } from "undici";

import type { Clock } from "../../observability/clock.ts";
import { errorMessage } from "../../observability/error-text.ts";
import type { Connections, Route } from "./connections.ts";
import { explainNoAnswer, explainStatus, HttpRequestError, requestName, SHOWN_BODY_BYTES } from "./http-error.ts";
import { type Hop, nextHop, MAX_REDIRECTS } from "./redirects.ts";

/** One request, without what says who the client is. */
export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly url: URL;
  /** By name; several values are sent as several headers. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
  /** For everything: redirects, connecting, and reading the answer. */
  readonly timeoutMs: number;
  /** Of an answer. */
  readonly maxBodyBytes: number;
  /** Which statuses are an answer; the others are errors. */
  readonly accepts: (status: number) => boolean;
}

/** An answer with an accepted status, read to its end. */
export interface HttpReply {
  readonly status: number;
  /** The value of a header, in lower case; several are joined by a comma. "" when there is none. */
  readonly header: (name: string) => string;
  /** The names of all headers, in lower case. */
  readonly headerNames: readonly string[];
  readonly body: Buffer;
}

/** What an exchange is made of. */
export interface HttpExchangeOptions {
  readonly connections: Connections;
  readonly followRedirects: boolean;
  readonly clock: Clock;
  /** Completes the headers of each hop. A rejection fails the request. */
  readonly authorize: (hop: Hop, signal: AbortSignal) => Promise<HeaderValues>;
}

/** Values by lower-case name. */
export type HeaderValues = Readonly<Record<string, readonly string[]>>;

interface Received {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData["headers"];
  readonly body: Buffer;
}

/** Sends requests, follows redirects, keeps time and size within limits, and says what went wrong. */
export class HttpExchange {
  readonly #options: HttpExchangeOptions;

  constructor(options: HttpExchangeOptions) {
    this.#options = options;
  }

  /** Rejects with HttpRequestError; with the signal's reason when it is aborted. */
  async send(request: HttpRequest, signal: AbortSignal): Promise<HttpReply> {
    const { clock } = this.#options;
    const { method, url, timeoutMs } = request;
    const late = new AbortController();
    const cancel = clock.after(timeoutMs, () => late.abort());
    try {
      return await this.#follow(request, AbortSignal.any([signal, late.signal]));
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof HttpRequestError) throw error;
      const name = requestName(method, url);
      if (late.signal.aborted) {
        throw new HttpRequestError(`${name}: no complete answer within ${String(timeoutMs / 1_000)} s`);
      }
      throw new HttpRequestError(`${name}: ${errorMessage(error)}`, { cause: error });
    } finally {
      cancel();
    }
  }

  async close(): Promise<void> {
    await this.#options.connections.close();
  }

  async #follow(request: HttpRequest, signal: AbortSignal): Promise<HttpReply> {
    let hop: Hop = { ...request, origin: request.url, foreign: false };
    for (let redirects = 0; ; redirects += 1) {
      const received = await this.#exchange(hop, request, signal);
      const next = this.#options.followRedirects
        ? nextHop(hop, received.status, headerOf(received, "location"))
        : undefined;
      if (next === undefined) return toReply(hop, request, received);
      if (redirects === MAX_REDIRECTS) {
        const name = requestName(request.method, request.url);
        throw new HttpRequestError(`${name}: more than ${String(MAX_REDIRECTS)} redirects`);
      }
      hop = next;
    }
  }

  async #exchange(hop: Hop, request: HttpRequest, signal: AbortSignal): Promise<Received> {
    const headers = await this.#options.authorize(hop, signal);
    const route = await this.#options.connections.routeTo(hop.url);
    try {
      const response = await route.dispatcher.request({
        origin: hop.url.origin,
        path: hop.url.pathname + hop.url.search,
        method: hop.method,
        headers: headers as Record<string, string[]>,
        ...(hop.body === undefined ? {} : { body: hop.body }),
        signal,
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      const { statusCode: status } = response;
      const limit = request.accepts(status) ? request.maxBodyBytes : undefined;
      return { status, headers: response.headers, body: await readBody(response.body, limit) };
    } catch (error) {
      if (signal.aborted) throw error;
      throw new HttpRequestError(`${requestName(hop.method, hop.url)}${through(route)}: ${explainNoAnswer(error)}`, {
        cause: error,
      });
    }
  }
}

/** Reads a body to its end, or its beginning if there is no limit: for an answer that is not wanted. */
async function readBody(body: Dispatcher.ResponseData["body"], limit: number | undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (limit === undefined && size > SHOWN_BODY_BYTES) break;
    if (limit !== undefined && size > limit) throw new Error(`the answer is larger than ${String(limit)} bytes`);
  }
  return Buffer.concat(chunks);
}

function toReply({ method, url }: Hop, { accepts }: HttpRequest, received: Received): HttpReply {
  const { status, body } = received;
  if (accepts(status)) {
    const headerNames = Object.keys(received.headers);
    return { status, body, headerNames, header: (name) => headerOf(received, name) };
  }
  throw new HttpRequestError(`${requestName(method, url)}: ${explainStatus(status, body)}`, { status });
}

function headerOf({ headers }: Received, name: string): string {
  const value = headers[name] ?? "";
  return typeof value === "string" ? value : value.join(", ");
}

function through({ proxy, socketPath }: Route): string {
  if (socketPath !== undefined) return ` through the socket ${socketPath}`;
  return proxy === undefined ? "" : ` through the proxy ${proxy.protocol}//${proxy.host}`;
}
