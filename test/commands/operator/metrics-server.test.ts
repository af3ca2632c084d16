import { writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { TLSSocket } from "node:tls";
import { afterEach, describe, expect, it } from "@jest/globals";
import type { KubeObject } from "../../../src/api/meta.ts";
import type { ResourceType } from "../../../src/api/resource-type.ts";
import { metricsServer } from "../../../src/commands/operator/metrics-server.ts";
import { runGroup } from "../../../src/commands/run-group.ts";
import type { KubeClient } from "../../../src/kube/client.ts";
import { toKubeError } from "../../../src/kube/errors.ts";
import { systemClock } from "../../../src/observability/system-clock.ts";
import type { MetricsOptions } from "../../../src/options/metrics-options.ts";
import type { TlsOptions } from "../../../src/options/tls-options.ts";
import { createCertificateAuthority } from "../../support/certificates.ts";
import { eventually } from "../../support/eventually.ts";
import { MemoryLogger } from "../../support/memory-logger.ts";
import { freeAddress } from "../../support/program.ts";
import { temporaryDirectories } from "../../support/temporary-directory.ts";

const directory = temporaryDirectories();
const exposition = { contentType: "text/plain", text: async () => "up 1\n" };

/** An API server to which tokens are the names of what it says of them. */
const client = {
  async create(type: ResourceType, object: KubeObject & { spec: { token?: string; user?: string } }) {
    const { token, user } = object.spec;
    if (token === "unasked") throw toKubeError("creating TokenReview", { status: 403, reason: "Forbidden" });
    if (token === "silence") throw toKubeError("creating TokenReview", { status: 0, reason: "" });
    if (type.kind === "TokenReview")
      return { status: { authenticated: token !== "stranger", user: { username: token } } };
    return { status: { allowed: user === "reader" } };
  },
} as unknown as KubeClient;

let stop = new AbortController();
let running: Promise<void> = Promise.resolve();

afterEach(async () => {
  stop.abort();
  await running;
});

interface Served {
  readonly address: string;
  readonly log: MemoryLogger;
}

async function serve(
  options: Partial<MetricsOptions> = {},
  tls: TlsOptions = { minVersion: "TLSv1.2" },
): Promise<Served> {
  stop = new AbortController();
  const address = await freeAddress();
  const [host = "", port] = address.split(":");
  const log = new MemoryLogger();
  const actors = await metricsServer({
    options: {
      listen: { host, port: Number(port) },
      secure: true,
      certificate: undefined,
      ofResources: false,
      ...options,
    },
    tls,
    client,
    clock: systemClock,
    log,
    exposition,
  });
  running = runGroup(stop.signal, actors);
  return { address, log };
}

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
  readonly protocol: string | null;
  readonly subject: string;
}

async function get(address: string, token?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const sent = request(
      `https://${address}/metrics`,
      { rejectUnauthorized: false, headers, agent: false },
      (response) => {
        const socket = response.socket as TLSSocket;
        const facts = { protocol: socket.getProtocol(), subject: socket.getPeerCertificate().serialNumber };
        text(response).then((body) => resolve({ status: response.statusCode, body, ...facts }), reject);
      },
    );
    sent.on("error", reject).end();
  });
}

describe("metrics over HTTPS", () => {
  it.each<{ name: string; token?: string; status: number; body: string }>([
    { name: "shows them to whom may read them", token: "reader", status: 200, body: "up 1\n" },
    { name: "asks for a token", status: 401, body: "need the bearer token" },
    { name: "refuses a token that nobody knows", token: "stranger", status: 401, body: "does not know this token" },
    {
      name: "says what an account lacks",
      token: "writer",
      status: 403,
      body: "writer may not read metrics: it needs a ClusterRole",
    },
    { name: "says that it may not ask", token: "unasked", status: 503, body: "the operator's account may not ask" },
    { name: "says that it got no answer", token: "silence", status: 503, body: "it did not answer" },
  ])("$name", async ({ token, status, body }) => {
    const { address } = await serve();
    const answer = await eventually(async () => get(address, token));
    expect([answer.status, answer.body]).toEqual([status, expect.stringContaining(body)]);
  });

  it("needs the version of TLS that is asked for", async () => {
    const { address } = await serve({}, { minVersion: "TLSv1.3" });
    expect((await eventually(async () => get(address, "reader"))).protocol).toBe("TLSv1.3");
  });

  it("shows the certificate that it is given, and the one that takes its place", async () => {
    const dir = directory();
    const certificate = { certFile: join(dir, "tls.crt"), keyFile: join(dir, "tls.key") };
    const authority = createCertificateAuthority();
    const write = (): void => {
      const { cert, key } = authority.issue("DNS:localhost");
      writeFileSync(certificate.certFile, cert);
      writeFileSync(certificate.keyFile, key);
    };
    write();
    const { address, log } = await serve({ certificate });
    const { subject: before } = await eventually(async () => get(address, "reader"));
    write();
    await eventually(async () => {
      expect((await get(address, "reader")).subject).not.toBe(before);
    });
    expect(log.entries.map(({ message }) => message)).toContain("the certificate of a server was replaced");
  });

  it.each<{ name: string; certFile: string; want: string }>([
    { name: "are missing", certFile: "none.crt", want: "the certificate file of the metrics server cannot be read: " },
    { name: "hold no pair", certFile: "bad.crt", want: "are no certificate and its key, in PEM" },
  ])("does not begin with files that $name", async ({ certFile, want }) => {
    const dir = directory();
    writeFileSync(join(dir, "bad.crt"), "nonsense");
    writeFileSync(join(dir, "tls.key"), "nonsense");
    const certificate = { certFile: join(dir, certFile), keyFile: join(dir, "tls.key") };
    await expect(serve({ certificate })).rejects.toThrow(want);
  });
});

describe("metrics over plain HTTP", () => {
  it("are for everybody", async () => {
    const { address } = await serve({ secure: false });
    const response = await eventually(async () => fetch(`http://${address}/metrics`));
    expect([response.status, await response.text()]).toEqual([200, "up 1\n"]);
  });

  it("are not served by a server of their own when they are to be with everything else", async () => {
    const options = { listen: undefined, secure: true, certificate: undefined, ofResources: false };
    const log = new MemoryLogger();
    const tls: TlsOptions = { minVersion: "TLSv1.2" };
    expect(await metricsServer({ options, tls, client, clock: systemClock, log, exposition })).toEqual({});
  });
});
