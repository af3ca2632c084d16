import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { once } from "node:events";
import { Agent, type AgentOptions, request } from "node:https";
import type { RequestListener } from "node:http";
import { connect } from "node:net";
import type { TLSSocket } from "node:tls";
import { createMtlsServer, type MtlsServer } from "../../../src/http/mtls/mtls-server.ts";
import { TlsCredentials } from "../../../src/http/mtls/tls-credentials.ts";
import { type ListeningAddress, serve } from "../../../src/http/server.ts";
import { type CertificateAuthority, createCertificateAuthority } from "../../support/certificates.ts";
import { eventually } from "../../support/eventually.ts";
import { MemoryLogger } from "../../support/memory-logger.ts";

const authority = createCertificateAuthority("ours");
const stranger = createCertificateAuthority("a stranger");
const SERVER_NAME = "IP:127.0.0.1";
/** What a client sees of a connection that the server gives up. */
const CUT_OFF = /ECONNRESET|EPIPE|hang up|disconnected/;

let files: Record<"ca" | "cert" | "key", string>;
let credentials: TlsCredentials;
let log: MemoryLogger;
let stop: AbortController;
let running: Promise<void> | undefined;
let secure: MtlsServer | undefined;
let agents: Agent[];

beforeEach(async () => {
  files = { ...authority.issue(SERVER_NAME), ca: authority.cert };
  const paths = { ca: "ca", cert: "cert", key: "key" };
  credentials = new TlsCredentials(paths, async (path) => Promise.resolve(files[path as keyof typeof files]));
  await credentials.refresh();
  log = new MemoryLogger();
  stop = new AbortController();
  running = undefined;
  secure = undefined;
  agents = [];
});

afterEach(async () => {
  for (const agent of agents) agent.destroy();
  stop.abort();
  await running;
});

const hello: RequestListener = (_request, response) => void response.end("hello");

async function start(): Promise<ListeningAddress> {
  return new Promise((resolve, reject) => {
    running = serve(
      hello,
      {
        host: "127.0.0.1",
        port: 0,
        setBy: "--listen-addr-https",
        create: (limits) => {
          secure = createMtlsServer(limits, credentials, log);
          return secure.server;
        },
        onListening: resolve,
      },
      stop.signal,
    );
    running.catch(reject);
  });
}

function agentOf(options: AgentOptions): Agent {
  const agent = new Agent({ ca: [authority.cert, stranger.cert], ...options });
  agents.push(agent);
  return agent;
}

/** The body of the answer, and whether the connection's session was a resumed one. */
async function get(url: string, agent: Agent): Promise<{ readonly body: string; readonly resumed: boolean }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { agent }, (response) => {
      const resumed = (response.socket as TLSSocket).isSessionReused();
      let body = "";
      response.on("data", (chunk: Buffer) => (body += chunk.toString()));
      response.on("end", () => resolve({ body, resumed }));
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

const client = (from: CertificateAuthority, usage?: string): AgentOptions => from.issue("DNS:collector", usage);

describe("the HTTPS server", () => {
  it.each<[string, () => AgentOptions]>([
    ["made for clients", () => client(authority, "clientAuth")],
    ["made for servers and clients", () => client(authority, "serverAuth,clientAuth")],
    ["that says nothing of its use", () => client(authority)],
    ["over TLS 1.2", () => ({ ...client(authority), maxVersion: "TLSv1.2" })],
  ])("serves a client with a certificate of the authority, %s", async (_, options) => {
    const { url } = await start();
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect((await get(url, agentOf(options()))).body).toBe("hello");
    expect(log.entries).toEqual([]);
  });

  it.each<[string, () => AgentOptions, string]>([
    ["without a certificate", () => ({}), "no client certificate provided"],
    [
      "of another authority",
      () => client(stranger),
      "client certificate verification failed: its chain ends at an authority that is not trusted",
    ],
    [
      "whose certificate is for servers only",
      () => client(authority, "serverAuth"),
      "client certificate verification failed: its key usage or extended key usage is not that of a client",
    ],
  ])("turns away a client %s, and says why in the log", async (_, options, reason) => {
    const { url } = await start();
    await expect(get(url, agentOf(options()))).rejects.toThrow(CUT_OFF);
    await eventually(() => expect(log.entries.map(({ fields }) => fields?.["reason"])).toEqual([reason]), {
      withinMs: 3_000,
    });
  });

  it("names the certificate that it refuses", async () => {
    const { url } = await start();
    await expect(get(url, agentOf(client(stranger)))).rejects.toThrow(CUT_OFF);
    await eventually(() =>
      expect(log.entries[0]?.fields).toMatchObject({ subject: "CN=test", issuer: "CN=a stranger" }),
    );
  });

  it("refuses TLS 1.1", async () => {
    const { url } = await start();
    const old = agentOf({
      ...client(authority),
      maxVersion: "TLSv1.1",
      minVersion: "TLSv1",
      ciphers: "ALL@SECLEVEL=0",
    });
    await expect(get(url, old)).rejects.toThrow(/version|EPROTO|alert/i);
  });

  it("logs what is no TLS, and goes on", async () => {
    const { url, port } = await start();
    const socket = connect(port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\n\r\n"));
    socket.on("error", () => undefined);
    socket.resume();
    await once(socket, "close");
    await eventually(() => expect(log.entries.map(({ message }) => message)).toEqual(["a TLS handshake failed"]));
    expect((await get(url, agentOf(client(authority)))).body).toBe("hello");
  });

  it("takes a new certificate and new authorities without cutting an open connection", async () => {
    const { url } = await start();
    const kept = agentOf({ ...client(authority), keepAlive: true, maxSockets: 1 });
    await get(url, kept);
    files = { ...stranger.issue(SERVER_NAME), ca: stranger.cert };
    expect(await credentials.refresh()).toBe(true);
    secure?.useNewMaterial();
    expect((await get(url, kept)).body).toBe("hello");
    expect((await get(url, agentOf(client(stranger)))).body).toBe("hello");
    await expect(get(url, agentOf({ ...client(authority), ca: stranger.cert }))).rejects.toThrow(CUT_OFF);
  });

  it.each(["TLSv1.2", "TLSv1.3"] as const)(
    "does not let a %s session outlive the authorities that vouched for it",
    async (version) => {
      const { url } = await start();
      const returning = agentOf({ ...client(authority), minVersion: version, maxVersion: version });
      await get(url, returning);
      await eventually(async () => expect((await get(url, returning)).resumed).toBe(true));
      files = { ...files, ca: stranger.cert };
      await credentials.refresh();
      secure?.useNewMaterial();
      await expect(get(url, returning)).rejects.toThrow(CUT_OFF);
    },
  );
});
