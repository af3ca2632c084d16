import { expect, it } from "@jest/globals";
import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

import { PromClientMetrics } from "../../src/observability/prom-client-metrics.ts";
import { systemClock } from "../../src/observability/system-clock.ts";
import { webhookListener } from "../../src/webhooks/webhook-listener.ts";
import { MemoryLogger } from "../support/memory-logger.ts";

it("is refused, and the next request is answered: nobody can end the operator by a request", async () => {
  const webhooks = new Map([["/echo", { maxBytes: 100, answer: (body: unknown) => body }]]);
  const parts = { clock: systemClock, log: new MemoryLogger(), metrics: new PromClientMetrics() };
  const server = createServer(webhookListener({ webhooks, ...parts })).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const statusOf = async (path: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const options = { host: "127.0.0.1", port, path, method: "POST", agent: false as const };
      const sent = request({ ...options, headers: { "Content-Type": "application/json" } }, (response) => {
        response.resume().on("end", () => resolve(response.statusCode));
      });
      sent.on("error", reject).end("1");
    });
  try {
    expect(await statusOf("//")).toBe(400);
    expect(await statusOf("http://[")).toBe(400);
    expect(await statusOf("/echo")).toBe(200);
  } finally {
    server.close();
    await once(server, "close");
  }
});
