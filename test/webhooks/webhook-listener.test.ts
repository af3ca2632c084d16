import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { PromClientMetrics } from "../../src/observability/prom-client-metrics.ts";
import { systemClock } from "../../src/observability/system-clock.ts";
import { BadReviewError } from "../../src/webhooks/bad-review-error.ts";
import { type Webhook, webhookListener } from "../../src/webhooks/webhook-listener.ts";
import { eventually } from "../support/eventually.ts";
import { MemoryLogger } from "../support/memory-logger.ts";

const log = new MemoryLogger();
const metrics = new PromClientMetrics();
const signals: AbortSignal[] = [];
const held = Promise.withResolvers<string>();

const ECHO: Webhook = {
  maxBytes: 50,
  answer: (body, signal) => {
    signals.push(signal);
    return { got: body };
  },
};
const webhooks = new Map<string, Webhook>([
  ["/echo", ECHO],
  ["/bad", { ...ECHO, answer: () => Promise.reject(new BadReviewError("no review")) }],
  ["/broken", { ...ECHO, answer: () => Promise.reject(new Error("outer", { cause: new Error("inner") })) }],
  ["/held", { ...ECHO, answer: async () => held.promise }],
  ["/patient", { ...ECHO, answer: async (_body, signal) => once(signal, "abort").then(() => "gave up") }],
]);

const MAX_OPEN_BYTES = 100;
let server: Server;
let url: string;

beforeAll(async () => {
  const listener = webhookListener({ webhooks, clock: systemClock, log, metrics, maxOpenBytes: MAX_OPEN_BYTES });
  server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.close();
  await once(server, "close");
});

const JSON_TYPE = { "Content-Type": "application/json" };

async function send(
  path: string,
  body: string,
  headers: Record<string, string> = JSON_TYPE,
): Promise<[number, unknown]> {
  const response = await fetch(url + path, { method: "POST", body, headers: { ...headers, Connection: "close" } });
  return [response.status, await response.json()];
}

describe("a webhook", () => {
  it("answers what it is sent, at its path, whatever stands in the query", async () => {
    expect(await send("/echo?timeout=10s", '{"a":1}')).toEqual([200, { got: { a: 1 } }]);
    const charset = { "Content-Type": "application/json; charset=utf-8" };
    expect(await send("/echo", "7", charset)).toEqual([200, { got: 7 }]);
  });

  it("gives up a little before whoever asks does", async () => {
    expect(await send("/patient?timeout=1s", "1")).toEqual([200, "gave up"]);
    expect(signals.every(({ aborted }) => !aborted)).toBe(true);
  });

  it.each([
    {
      name: "an unknown path",
      path: "/other",
      body: "1",
      want: [404, /no webhook is served at \/other; those that are: \/bad, /],
    },
    {
      name: "another type",
      path: "/echo",
      body: "a: 1",
      type: "application/yaml",
      want: [415, /got application\/yaml/],
    },
    {
      name: "a longer body than it takes",
      path: "/echo",
      body: `"${"x".repeat(200_000)}"`,
      want: [413, /more than 50 bytes/],
    },
    { name: "what is no JSON", path: "/echo", body: "{", want: [400, /the body is no JSON: /] },
    { name: "what is no review", path: "/bad", body: "1", want: [400, /^no review$/] },
    { name: "what breaks it", path: "/broken", body: "1", want: [500, /^outer: inner$/] },
  ])("says what is wrong with $name", async ({ path, body, type = "application/json", want: [status, message] }) => {
    expect(await send(path, body, { "Content-Type": type })).toEqual([
      status,
      expect.stringMatching(message as RegExp),
    ]);
  });

  it("is called by POST only", async () => {
    const response = await fetch(`${url}/echo`);
    expect([response.status, await response.json()]).toEqual([405, "webhooks are called by POST"]);
  });

  it("holds so many bytes of all bodies and no more, and takes others again when these are answered", async () => {
    const body = JSON.stringify("x".repeat(40));
    const inFlight = 'controller_runtime_webhook_requests_in_flight{webhook="/held"} 2';
    const open = [send("/held", body), send("/held", body)];
    await eventually(async () => expect(await metrics.text()).toContain(inFlight));
    // The gauge counts them from their first byte; there is no room any more once they are read.
    const refused = await eventually(async () => {
      const response = await fetch(`${url}/echo`, { method: "POST", body, headers: JSON_TYPE });
      expect(response.status).toBe(503);
      return response;
    });
    expect(refused.headers.get("Retry-After")).toBe("1");
    expect(await refused.json()).toBe("too many requests are being answered at the same time; try again");
    held.resolve("done");
    expect(await Promise.all(open)).toEqual([
      [200, "done"],
      [200, "done"],
    ]);
    expect(await send("/echo", body)).toEqual([200, { got: "x".repeat(40) }]);
  });

  it("logs what is its own fault, and only that", () => {
    const messages = log.entries.filter(({ level }) => level === "error").map(({ fields }) => fields?.["path"]);
    expect(messages).toEqual(["/broken"]);
  });

  it("is counted under controller-runtime's names, by path and status", async () => {
    const text = await metrics.text();
    expect(text).toContain('controller_runtime_webhook_requests_total{webhook="/echo",code="413"} 1');
    expect(text).toContain('controller_runtime_webhook_requests_in_flight{webhook="/echo"} 0');
    expect(text).toMatch(/controller_runtime_webhook_latency_seconds_count\{webhook="\/echo"\} \d/);
    expect(text).not.toContain('"/other"');
  });
});
