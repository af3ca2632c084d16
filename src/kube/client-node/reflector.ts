import type { Readable } from "node:stream";
import { type KubeObject, objectKey } from "../../api/meta.ts";
import { ExpiredError, KubeError, toKubeError } from "../errors.ts";
import type { WatchScope } from "../informer.ts";
import { type StripTransform, stripTransform } from "../strip-transforms.ts";
import { type Timers, pause } from "../timers.ts";
import { describeScope, namespaceOf } from "../watch-scope.ts";
import type { WatchSink } from "../watch-source.ts";
import type { ApiTransport } from "./api-transport.ts";
import { Backoff } from "./backoff.ts";
import { IdleGuard } from "./idle-guard.ts";
import { jsonLines } from "./json-lines.ts";
import { listPages, selectorQuery } from "./list-pages.ts";
import { resourcePath } from "./resource-path.ts";

/**
 * Bookmarks come about every minute. Without them (nothing of the kind has changed since the server started) a watch is
 * resumed for nothing, which costs one request.
 */
const DEFAULT_IDLE_MS = 90_000;
/** A watch that ends sooner, with nothing said, is a fault of the server: not to be repeated at once. */
const SHORTEST_HEALTHY_WATCH_MS = 1_000;
const WATCH_SECONDS = 240;
const WATCH_SECONDS_SPREAD = 60;

export interface ReflectorOptions {
  readonly transport: ApiTransport;
  readonly scope: WatchScope;
  readonly sink: WatchSink;
  readonly timers: Timers;
  /** Answers a number from 0 to below 1. @default Math.random */
  readonly random?: (() => number) | undefined;
  /** A watch without a byte for this long is taken for dead and resumed. @default 90_000 */
  readonly idleMs?: number | undefined;
}

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes */
interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: unknown;
}

interface StatusBody {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
}

/** The connection of a watch ended in the middle; nothing is wrong with what was read before. */
class BrokenStreamError extends Error {
  override readonly name = "BrokenStreamError";
}

/**
 * Lists the objects of a scope, then follows their changes, for ever. A watch that ends is resumed where it was; when
 * the server no longer knows that place, or refuses it, the scope is listed again and the sink finds the differences.
 * Attempts that fail are repeated with growing, jittered waits (or those that the server asks for).
 */
export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #strip: StripTransform;
  readonly #backoff: Backoff;
  #resourceVersion: string | undefined;
  /** Since a watch has worked. */
  #hasExpired = false;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#strip = stripTransform(options.scope.type, options.scope.shape ?? "full");
    this.#backoff = new Backoff({ random: options.random });
  }

  /** Resolves when the signal is aborted; never rejects. Nothing reaches the sink after the abort. */
  async run(signal: AbortSignal): Promise<void> {
    let waitMs = 0;
    while (!signal.aborted) {
      try {
        if (waitMs > 0) await pause(this.#options.timers, waitMs, signal);
        this.#resourceVersion ??= await this.#list(signal);
        const healthy = await this.#watch(this.#resourceVersion, signal);
        waitMs = healthy ? this.#allIsWell() : this.#backoff.next();
      } catch (error) {
        if (!signal.aborted) waitMs = this.#waitAfter(error);
      }
    }
  }

  /** Returns the wait before the next attempt. */
  #allIsWell(): number {
    this.#backoff.reset();
    this.#hasExpired = false;
    return 0;
  }

  #waitAfter(error: unknown): number {
    if (!isUnavailable(error)) this.#resourceVersion = undefined;
    if (!(error instanceof ExpiredError)) this.#options.sink.health(toError(error));
    else if (!this.#hasExpired) {
      // A server that has come back knows our place no longer: the waits of its absence are over. Once, or one that
      // forgets every place at once would be listed without an end.
      this.#backoff.reset();
      this.#hasExpired = true;
    }
    return Math.max(this.#backoff.next(), (error instanceof KubeError && error.retryAfterMs) || 0);
  }

  async #list(signal: AbortSignal): Promise<string> {
    const { transport, scope, sink } = this.#options;
    const keys = new Set<string>();
    let resourceVersion = "";
    for await (const page of listPages(transport, scope.type, scope, signal)) {
      signal.throwIfAborted();
      resourceVersion = page.resourceVersion;
      for (const item of page.items) {
        keys.add(objectKey(item));
        sink.upsert(this.#strip(item));
      }
    }
    signal.throwIfAborted();
    sink.complete(keys);
    return resourceVersion;
  }

  /** Follows until the stream ends or breaks. Resolves with whether the watch did what a watch does. */
  async #watch(resourceVersion: string, signal: AbortSignal): Promise<boolean> {
    const { sink, timers } = this.#options;
    const startedMs = timers.monotonic();
    const stream = new AbortController();
    const onAbort = (): void => stream.abort(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    let events = 0;
    try {
      const body = await this.#open(resourceVersion, stream.signal);
      sink.health(undefined);
      for await (const event of jsonLines<WatchEvent>(this.#alive(body, stream))) {
        if (signal.aborted) break;
        this.#take(event);
        events += 1;
      }
    } catch (error) {
      if (!(error instanceof BrokenStreamError)) throw error;
    } finally {
      signal.removeEventListener("abort", onAbort);
      stream.abort();
    }
    return events > 0 || timers.monotonic() - startedMs >= SHORTEST_HEALTHY_WATCH_MS;
  }

  #open(resourceVersion: string, signal: AbortSignal): Promise<Readable> {
    const { transport, scope, random = Math.random } = this.#options;
    return transport.open(
      {
        attempt: `watching ${describeScope(scope)}`,
        method: "GET",
        path: resourcePath(scope.type, { namespace: namespaceOf(scope) }),
        query: {
          ...selectorQuery(scope),
          watch: true,
          resourceVersion,
          allowWatchBookmarks: true,
          timeoutSeconds: WATCH_SECONDS + Math.floor(random() * WATCH_SECONDS_SPREAD),
        },
      },
      signal,
    );
  }

  /** Passes the bytes on, and aborts the stream when none have come for too long. */
  async *#alive(body: Readable, stream: AbortController): AsyncGenerator<Buffer, void, undefined> {
    const guard = new IdleGuard(this.#options.timers, this.#options.idleMs ?? DEFAULT_IDLE_MS, () => stream.abort());
    guard.start();
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        guard.touch();
        yield chunk;
      }
    } catch (cause) {
      throw new BrokenStreamError("the watch's connection ended", { cause });
    } finally {
      guard.end();
    }
  }

  #take({ type, object }: WatchEvent): void {
    if (type === "ERROR") throw this.#toError(object as StatusBody);
    const changed = object as KubeObject;
    if (type === "DELETED") this.#options.sink.remove(this.#strip(changed));
    else if (type !== "BOOKMARK") this.#options.sink.upsert(this.#strip(changed));
    this.#resourceVersion = changed.metadata.resourceVersion ?? this.#resourceVersion;
  }

  #toError({ code = 500, reason = "", message = "no reason given" }: StatusBody): KubeError {
    return toKubeError(`watching ${describeScope(this.#options.scope)}: ${message}`, { status: code, reason });
  }
}

/** No answer, or "not now": the server may still know where we were. */
function isUnavailable(error: unknown): boolean {
  return error instanceof KubeError && [0, 429, 503].includes(error.status);
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
