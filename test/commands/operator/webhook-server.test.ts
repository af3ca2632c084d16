import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";

import { webhookServer } from "../../../src/commands/operator/webhook-server.ts";
import { InMemoryCluster } from "../../../src/kube/in-memory/in-memory-cluster.ts";
import { PromClientMetrics } from "../../../src/observability/prom-client-metrics.ts";
import { systemClock } from "../../../src/observability/system-clock.ts";
import type { WebhookOptions } from "../../../src/options/webhook-options.ts";
import { freePorts } from "../../../tools/real-parts/child.ts";
import { createCertificateAuthority } from "../../support/certificates.ts";
import { eventually } from "../../support/eventually.ts";
import { MemoryLogger } from "../../support/memory-logger.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";

const directory = temporaryDirectories();
const authority = createCertificateAuthority();
let cluster: InMemoryCluster;
let stop: AbortController;
let running: Promise<unknown>;
let port: number;

beforeEach(async () => {
  cluster = new InMemoryCluster({ missingNamespaces: "create" });
  stop = new AbortController();
  running = Promise.resolve();
  [port = 0] = await freePorts(1);
});

afterEach(async () => {
  stop.abort();
  await running;
  await cluster.informers.close();
});

async function create(options: Partial<WebhookOptions>) {
  const server = await webhookServer({
    options: { port, certDir: undefined, service: "webhooks", namespace: undefined, hosts: ["127.0.0.1"], ...options },
    tls: { minVersion: "TLSv1.2" },
    webhooks: new Map([["/echo", { maxBytes: 100, answer: (body) => body }]]),
    connection: { client: cluster.client("operator"), informers: cluster.informers, namespace: "otel" },
    clock: systemClock,
    log: new MemoryLogger(),
    metrics: new PromClientMetrics(),
  });
  return {
    ...server,
    start: () => void (running = Promise.all(Object.values(server.actors).map(async (run) => run(stop.signal)))),
  };
}

/** The common name and serial number of who answers a request; rejects when nobody that is trusted does. */
async function whoAnswers(ca?: string): Promise<string> {
  const options = { port, host: "127.0.0.1", path: "/echo", method: "POST", agent: false as const };
  const trust = ca === undefined ? { rejectUnauthorized: false } : { ca };
  return new Promise((resolve, reject) => {
    const sent = request({ ...options, ...trust, headers: { "Content-Type": "application/json" } }, (response) => {
      const { serialNumber } = (response.socket as TLSSocket).getPeerCertificate();
      response.resume().on("end", () => resolve(`${String(response.statusCode)} ${serialNumber}`));
    });
    sent.on("error", reject).end("1");
  });
}

describe("webhooks with a certificate of the operator's own", () => {
  it("are awaited by readiness until they are served", async () => {
    const server = await create({});
    expect(server.waitingFor()).toEqual(["webhooks: not listening"]);
    server.start();
    await eventually(() => expect(server.waitingFor()).toEqual([]));
    expect(await whoAnswers()).toMatch(/^200 /);
    await eventually(() => expect(server.problem()).toBeUndefined());
  });

  it("are awaited again when their server has closed", async () => {
    const server = await create({});
    server.start();
    await eventually(() => expect(server.waitingFor()).toEqual([]));
    stop.abort();
    await running;
    expect(server.waitingFor()).toEqual(["webhooks: not listening"]);
  });

  it("end when they are told to before there is a certificate", async () => {
    const server = await create({});
    stop.abort();
    server.start();
    await running;
    expect(server.waitingFor()).toHaveLength(1);
  });
});

describe("webhooks with a certificate in files", () => {
  const write = (certDir: string): void => {
    const { cert, key } = authority.issue("IP:127.0.0.1");
    writeFileSync(join(certDir, "tls.crt"), cert);
    writeFileSync(join(certDir, "tls.key"), key);
  };

  it("are served with it, and with the next one once the files are replaced", async () => {
    const certDir = directory();
    write(certDir);
    const server = await create({ certDir });
    server.start();
    const first = await eventually(async () => whoAnswers(authority.cert));
    write(certDir);
    await eventually(async () => expect(await whoAnswers(authority.cert)).not.toBe(first));
    expect(server.problem()).toBeUndefined();
  });

  it("do not begin without the files, and the message names them", async () => {
    const certDir = directory();
    await expect(create({ certDir })).rejects.toThrow(
      /the \w+ file of the webhook server cannot be read: .*tls\.(crt|key)/,
    );
    writeFileSync(join(certDir, "tls.crt"), "");
    writeFileSync(join(certDir, "tls.key"), "");
    await expect(create({ certDir })).rejects.toThrow("give files that belong together with --webhook-cert-dir");
  });
});
