import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";

import type { Clock } from "../observability/clock.ts";
import type { Logger } from "../observability/logger.ts";
import type { Metrics } from "../observability/metrics.ts";
import { errorMessage } from "../observability/error-text.ts";
import { BadReviewError } from "./bad-review-error.ts";
import { BodyBudget, type BodyHold } from "./body-budget.ts";

/** What is served at a path. */
export interface Webhook {
  /** Answers a parsed body with what is sent as JSON. Throws {@link BadReviewError} for what it cannot answer. */
  readonly answer: (body: unknown, signal: AbortSignal) => unknown;
  /** Longer bodies are refused, in bytes. */
  readonly maxBytes: number;
}

export interface WebhookListenerOptions {
  /** By path. */
  readonly webhooks: ReadonlyMap<string, Webhook>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Of all bodies that are read or answered at the same time. @default 64 MiB */
  readonly maxOpenBytes?: number;
}

/** An API server waits 10 s unless it is told otherwise, and then says so in the query. Some of it is for the way. */
const USUAL_TIMEOUT_MS = 10_000;
const MAX_TIMEOUT_MS = 30_000;
const FOR_THE_WAY_MS = 500;
/** What becomes of a body takes a few times as much. */
const MAX_OPEN_BYTES = 64 * 1024 * 1024;
const RETRY_AFTER_S = 1;

/**
 * Serves webhooks to an API server. Whatever cannot be answered is told in one JSON string, with the status that says whose
 * fault it is; an API server shows it to its user.
 */
export function webhookListener(options: WebhookListenerOptions): RequestListener {
  const { webhooks, clock, log, metrics, maxOpenBytes = MAX_OPEN_BYTES } = options;
  const budget = new BodyBudget(maxOpenBytes);
  const requests = metrics.counter<"webhook" | "code">({
    name: "controller_runtime_webhook_requests_total",
    help: "Total number of admission and conversion requests by HTTP status code.",
    labelNames: ["webhook", "code"],
  });
  const latency = metrics.histogram<"webhook">({
    name: "controller_runtime_webhook_latency_seconds",
    help: "Time from the first byte of a webhook request to its answer.",
    labelNames: ["webhook"],
  });
  const inFlight = metrics.gauge<"webhook">({
    name: "controller_runtime_webhook_requests_in_flight",
    help: "Webhook requests that are being answered.",
    labelNames: ["webhook"],
  });

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const target = readTarget(request.url);
    if (target === undefined) {
      send(response, 400, "the target of the request is no path");
      return;
    }
    const { path, timeoutMs } = target;
    const webhook = webhooks.get(path);
    if (webhook === undefined) {
      const known = [...webhooks.keys()].toSorted().join(", ");
      send(response, 404, `no webhook is served at ${path}; those that are: ${known}`);
      return;
    }
    const startedAt = clock.monotonic();
    const open = inFlight.with({ webhook: path });
    open.inc();
    const hold = budget.open();
    const { status, body } = await answer(request, { webhook, timeoutMs, hold })
      .catch((error: unknown) => {
        if (!(error instanceof BadReviewError)) log.error("a webhook request failed", { error, path });
        return failure(error);
      })
      .finally(hold.release);
    send(response, status, body);
    open.dec();
    requests.with({ webhook: path, code: String(status) }).inc();
    latency.with({ webhook: path }).observe((clock.monotonic() - startedAt) / 1_000);
  };
  return (request, response) => {
    serve(request, response).catch((error: unknown) => {
      log.error("a webhook request failed", { error });
      if (response.headersSent) response.destroy();
      else send(response, 500, errorMessage(error));
    });
  };
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface Answering {
  readonly webhook: Webhook;
  readonly timeoutMs: number;
  readonly hold: BodyHold;
}

async function answer(request: IncomingMessage, { webhook, timeoutMs, hold }: Answering): Promise<Answer> {
  if (request.method !== "POST") throw new BadReviewError("webhooks are called by POST", { status: 405 });
  const type = request.headers["content-type"] ?? "";
  if (!/^application\/json *(;|$)/i.test(type)) {
    throw new BadReviewError(`expected a body of application/json, got ${type === "" ? "none" : type}`, {
      status: 415,
    });
  }
  const text = await readBody(request, webhook.maxBytes, hold);
  return { status: 200, body: await webhook.answer(parse(text), AbortSignal.timeout(timeoutMs)) };
}

async function readBody(request: IncomingMessage, maxBytes: number, hold: BodyHold): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new BadReviewError(`the body has more than ${String(maxBytes)} bytes, which is all that is read`, {
        status: 413,
      });
    }
    if (!hold.take(chunk.length)) {
      throw new BadReviewError("too many requests are being answered at the same time; try again", { status: 503 });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new BadReviewError(`the body is no JSON: ${errorMessage(cause)}`, { cause });
  }
}

function failure(error: unknown): Answer {
  const status = error instanceof BadReviewError ? error.status : 500;
  return { status, body: errorMessage(error) };
}

/** Anybody who reaches the port chooses what stands there: `//` is no address. */
function readTarget(url = "/"): { readonly path: string; readonly timeoutMs: number } | undefined {
  const parsed = URL.parse(url, "http://localhost");
  if (parsed === null) return undefined;
  const { pathname, searchParams } = parsed;
  const given = /^(\d+)s$/.exec(searchParams.get("timeout") ?? "")?.[1];
  const waits = given === undefined ? USUAL_TIMEOUT_MS : Math.min(Number(given) * 1_000, MAX_TIMEOUT_MS);
  return { path: pathname, timeoutMs: Math.max(waits - FOR_THE_WAY_MS, FOR_THE_WAY_MS) };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = `${JSON.stringify(body)}\n`;
  if (status === 503) response.setHeader("Retry-After", String(RETRY_AFTER_S));
  // What is left of a body that is not wanted is not waited for.
  if (status === 413 || status === 503) response.setHeader("Connection", "close");
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) });
  response.end(text);
}
