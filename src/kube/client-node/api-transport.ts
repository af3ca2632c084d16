import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { KubeError, toKubeError } from "../errors.ts";
import { type Timers, pause } from "../timers.ts";
import { type ApiAccess, type CallKind, MOST_REQUEST_CONNECTIONS } from "./api-connections.ts";
import { CredentialError } from "./credentials.ts";
import { adviceFor, explainNoAnswer, isBrokenConnection, type WrittenIn } from "./failure-message.ts";
import { raceWithAbort } from "./race-with-abort.ts";
import { Reachability, type ReachabilityReporter } from "./reachability.ts";
import { Turns } from "./turns.ts";

const MOST_REPEATS = 5;
const LONGEST_REPEAT_WAIT_MS = 30_000;
const MOST_REMEMBERED_WARNINGS = 256;

/** One request. */
export interface ApiCall {
  /** What is tried on what; error messages begin with it. */
  readonly attempt: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below the server's URL. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** @default "application/json" */
  readonly contentType?: string;
}

/** One answered (or, with status 0, unanswered) request, for metrics. */
export interface RequestObservation {
  readonly method: ApiCall["method"];
  readonly status: number;
  readonly durationMs: number;
}

/** Takes what an administrator should see. The message is constant, what varies is in the fields. */
export type WarningReporter = (message: string, fields: Readonly<Record<string, unknown>>) => void;

export interface ApiTransportOptions {
  readonly server: string;
  readonly connections: ApiAccess;
  readonly timers: Timers;
  /** Told each distinct `Warning` header of the server once. */
  readonly onWarning: WarningReporter;
  readonly onRequest?: ((observation: RequestObservation) => void) | undefined;
  /** Told once when the server stops answering, and once when it answers again. */
  readonly onReachability?: ReachabilityReporter | undefined;
  /** Where server and credentials are written, for advice. @default "kubeconfig" */
  readonly writtenIn?: WrittenIn | undefined;
  /** Until an answer is complete; for streams, until it begins. @default 30_000 */
  readonly timeoutMs?: number | undefined;
}

/**
 * Plain JSON over HTTP to one API server. No model classes stand between, so fields that we do not know survive.
 *
 * Failures are errors of errors.ts. A server that says Retry-After (429, 503) is asked again, up to five times; a read
 * whose connection breaks is repeated once.
 */
export class ApiTransport {
  readonly #options: ApiTransportOptions;
  readonly #warned = new Set<string>();
  readonly #reachability: Reachability;
  readonly #turns = new Turns(MOST_REQUEST_CONNECTIONS);

  constructor(options: ApiTransportOptions) {
    this.#options = options;
    this.#reachability = new Reachability(options.onReachability ?? (() => undefined));
  }

  get server(): string {
    return this.#options.server;
  }

  /** Sends the call and resolves with the decoded answer. */
  async send<T>(call: ApiCall, signal?: AbortSignal): Promise<T> {
    for (let repeats = 0; ; repeats++) {
      try {
        return await this.#inTurn(signal, async () =>
          this.#exchange(call, "request", signal, async (body) => this.#decode<T>(body, call)),
        );
      } catch (error) {
        const waitMs = repeatAfterMs(error, call, repeats);
        if (waitMs === undefined) throw error;
        await pause(this.#options.timers, waitMs, signal);
      }
    }
  }

  /** Opens a stream, such as a watch; resolves when the server has said 200. The signal also ends the stream. */
  async open(call: ApiCall, signal: AbortSignal): Promise<Readable> {
    return this.#exchange(call, "stream", signal, async (body) => body);
  }

  /**
   * Waits for a free connection before the time for an answer begins: hundreds of lists that come together at the start
   * take longer than one may, and none of them is late.
   */
  async #inTurn<T>(signal: AbortSignal | undefined, exchange: () => Promise<T>): Promise<T> {
    const endTurn = await this.#turns.take(signal);
    try {
      return await exchange();
    } finally {
      endTurn();
    }
  }

  async #exchange<T>(
    call: ApiCall,
    kind: CallKind,
    signal: AbortSignal | undefined,
    read: (body: Dispatcher.ResponseData["body"]) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    const { timers } = this.#options;
    const startedMs = timers.monotonic();
    const deadline = new Deadline(timers, this.#options.timeoutMs ?? 30_000, signal);
    let status = 0;
    let streaming = false;
    try {
      const response = await this.#request(call, kind, deadline.signal);
      status = response.statusCode;
      this.#reachability.answered();
      if (status < 200 || status > 299) throw await this.#toStatusError(call, response);
      this.#relayWarnings(response.headers["warning"], call);
      const result = await read(response.body);
      streaming = kind === "stream";
      return result;
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof KubeError) throw error;
      const why = this.#whyUnanswered(error, deadline);
      // A server may close a kept connection as we use it; if it is away, the next attempt tells.
      if (!isBrokenConnection(error)) this.#reachability.silent(new Error(why, { cause: error }));
      throw new KubeError(`${call.attempt}: ${why}`, { status: 0, reason: "" }, { cause: error });
    } finally {
      if (streaming) deadline.disarm();
      else deadline.end();
      this.#options.onRequest?.({ method: call.method, status, durationMs: timers.monotonic() - startedMs });
    }
  }

  #whyUnanswered(error: unknown, { passed, ms }: Deadline): string {
    if (error instanceof CredentialError) return `no credentials for ${this.server}: ${error.message}`;
    return passed
      ? `no answer from ${this.server} within ${ms / 1000} s; check its load and the network`
      : this.#advise(explainNoAnswer(error, this.server));
  }

  #advise(advice: string): string {
    return adviceFor(this.#options.writtenIn ?? "kubeconfig", advice);
  }

  async #toStatusError(call: ApiCall, response: Dispatcher.ResponseData): Promise<KubeError> {
    return toStatusError(call, response, (advice) => this.#advise(advice));
  }

  async #request(call: ApiCall, kind: CallKind, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { dispatcher, headers, refused } = await this.#options.connections.prepare(kind, signal);
    const url = new URL(this.server + call.path);
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const request = dispatcher.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: call.method,
      headers: {
        accept: "application/json",
        "user-agent": "otel-allocator",
        ...(call.body === undefined ? {} : { "content-type": call.contentType ?? "application/json" }),
        ...(headers as Record<string, string | string[]>),
      },
      body: call.body === undefined ? null : JSON.stringify(call.body),
      signal,
      // The deadline covers both; a stream is silent for as long as its reader allows.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    // undici takes no notice of the signal while it makes a connection.
    const response = await raceWithAbort(request, signal);
    if (response.statusCode === 401) refused?.();
    return response;
  }

  async #decode<T>(body: Dispatcher.ResponseData["body"], call: ApiCall): Promise<T> {
    const text = await body.text();
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      const what = `what ${this.server} answers is no JSON (${JSON.stringify(text.slice(0, 100))})`;
      const message = `${call.attempt}: ${what}${this.#advise("; check that the kubeconfig's server is an API server")}`;
      throw new KubeError(message, { status: 200, reason: "" }, { cause });
    }
  }

  #relayWarnings(header: string | string[] | undefined, call: ApiCall): void {
    for (const text of [header ?? []].flat()) {
      // 299 - "text": https://www.rfc-editor.org/rfc/rfc7234#section-5.5
      const warning = /"(.*)"/.exec(text)?.[1] ?? text;
      if (this.#warned.has(warning) || this.#warned.size >= MOST_REMEMBERED_WARNINGS) continue;
      this.#warned.add(warning);
      this.#options.onWarning("the API server warns", { warning, attempt: call.attempt });
    }
  }
}

/** Aborts when the time is over or the parent is aborted, until it is ended. */
class Deadline {
  readonly ms: number;
  readonly #controller = new AbortController();
  readonly #parent: AbortSignal | undefined;
  readonly #onParent = (): void => this.#controller.abort(this.#parent?.reason);
  /** Stops the clock; the parent still counts. */
  readonly disarm: () => void;
  #passed = false;

  constructor(timers: Timers, ms: number, parent: AbortSignal | undefined) {
    this.ms = ms;
    this.#parent = parent;
    parent?.addEventListener("abort", this.#onParent, { once: true });
    this.disarm = timers.after(ms, () => {
      this.#passed = true;
      this.#controller.abort();
    });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }
  get passed(): boolean {
    return this.#passed;
  }

  end(): void {
    this.disarm();
    this.#parent?.removeEventListener("abort", this.#onParent);
  }
}

async function toStatusError(
  call: ApiCall,
  response: Dispatcher.ResponseData,
  advise: (advice: string) => string,
): Promise<KubeError> {
  const text = await response.body.text();
  const status = response.statusCode;
  let answer: { readonly reason?: string; readonly message?: string } = {};
  try {
    answer = JSON.parse(text) as typeof answer;
  } catch {
    // Proxies and unknown paths answer in plain text.
  }
  const message = answer.message ?? (text.trim().replace(/\.$/, "").slice(0, 200) || `HTTP status ${status}`);
  const reason = answer.reason ?? "";
  const retryAfter = Number(response.headers["retry-after"]);
  return toKubeError(`${call.attempt}: ${message}${advise(adviceOn(status, reason, message))}`, {
    status: isUntypable(status, message) ? 422 : status,
    reason,
    retryAfterMs: retryAfter > 0 ? retryAfter * 1000 : undefined,
  });
}

/** Server-side apply says 500 of an object that does not fit its schema, although no other attempt can succeed. */
function isUntypable(status: number, message: string): boolean {
  return status === 500 && message.startsWith("failed to create typed patch object");
}

function adviceOn(status: number, reason: string, message: string): string {
  if (status === 400 && message.includes("HTTP request to an HTTPS server")) {
    return "; write https in the kubeconfig's server";
  }
  if (status === 401) return "; check the credentials in the kubeconfig";
  if (status === 403) return "; grant this to the account, or use one that may";
  if (status === 404 && reason === "") return "; is the kind's CustomResourceDefinition installed?";
  return "";
}

function repeatAfterMs(error: unknown, call: ApiCall, repeats: number): number | undefined {
  if (!(error instanceof KubeError)) return undefined;
  if (error.status === 0) {
    return call.method === "GET" && repeats === 0 && isBrokenConnection(error.cause) ? 0 : undefined;
  }
  const turnedAway = error.status === 429 || error.status === 503;
  if (!turnedAway || error.retryAfterMs === undefined || repeats >= MOST_REPEATS) return undefined;
  return error.retryAfterMs <= LONGEST_REPEAT_WAIT_MS ? error.retryAfterMs : undefined;
}
