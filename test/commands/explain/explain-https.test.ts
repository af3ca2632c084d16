import { createServer, type Server } from "node:https";
import { createServer as createPlainServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { createCertificateAuthority } from "../../support/certificates.ts";
import { type CommandRun, runCommand } from "../../support/command-run.ts";

const MONITOR = {
  kind: "PodMonitor",
  namespace: "shop",
  name: "web",
  outcome: "served",
  selection: "selected",
  problems: [],
  jobs: [],
};
const authority = createCertificateAuthority();
const other = createCertificateAuthority("another authority");
const server = authority.issue("DNS:allocator");
const [client, stranger] = [authority.issue("DNS:client", "clientAuth"), other.issue("DNS:client", "clientAuth")];

let dir: string;
let secure: Server;
let plain: ReturnType<typeof createPlainServer>;

const file = (name: string): string => join(dir, name);
const portOf = (listening: Server | ReturnType<typeof createPlainServer>): string =>
  String((listening.address() as AddressInfo).port);

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "explain-https-"));
  const texts = {
    "ca.pem": authority.cert,
    "client.pem": client.cert,
    "client.key": client.key,
    "stranger.pem": stranger.cert,
    "stranger.key": stranger.key,
  };
  for (const [name, text] of Object.entries(texts)) writeFileSync(file(name), text);
  const answer = JSON.stringify({ monitors: [MONITOR] });
  const tls = { cert: server.cert, key: server.key, ca: authority.cert, requestCert: true, rejectUnauthorized: true };
  secure = createServer(tls, (_request, response) => response.end(answer));
  plain = createPlainServer((_request, response) => response.end(answer));
  for (const one of [secure, plain]) await new Promise<void>((done) => one.listen(0, "127.0.0.1", done));
});

afterAll(async () => {
  for (const one of [secure, plain]) await new Promise((done) => one.close(done));
  rmSync(dir, { recursive: true });
});

const ask = async (base: string, flags: readonly string[]): Promise<CommandRun> =>
  runCommand(["explain", "monitor", "shop/web", `--from=${base}`, ...flags]);

const trusted = (): readonly string[] => [`--certificate-authority=${file("ca.pem")}`, "--tls-server-name=allocator"];
const shown = (name: string): readonly string[] => [
  `--client-certificate=${file(`${name}.pem`)}`,
  `--client-key=${file(`${name}.key`)}`,
];

it("asks over HTTPS with a certificate that collectors have", async () => {
  const run = await ask(`https://127.0.0.1:${portOf(secure)}`, [...trusted(), ...shown("client")]);
  expect(run).toEqual({ code: 0, err: "", out: "PodMonitor shop/web: served\n  selected\n" });
});

it.each<{ name: string; flags: () => readonly string[]; to?: "plain"; want: string }>([
  { name: "an authority that is not known", flags: () => [], want: "is not trusted: name the authority" },
  {
    name: "another name",
    flags: () => [`--certificate-authority=${file("ca.pem")}`],
    want: "is for another name: give that name with --tls-server-name",
  },
  { name: "no certificate", flags: () => trusted(), want: "wants a client certificate: give one with --client-cert" },
  {
    name: "a certificate of somebody else",
    flags: () => [...trusted(), ...shown("stranger")],
    want: "does not accept the client certificate: take one that",
  },
  { name: "plain HTTP", flags: () => [], to: "plain", want: "does not speak TLS there: write http" },
  {
    name: "a key of another certificate",
    flags: () => [...trusted(), `--client-certificate=${file("client.pem")}`, `--client-key=${file("stranger.key")}`],
    want: "--client-key is not the key of --client-certificate",
  },
  {
    name: "a file that is not there",
    flags: () => ["--certificate-authority=/does/not/exist"],
    want: "/does/not/exist cannot be read",
  },
])("says in a sentence what keeps a handshake from succeeding: $name", async ({ flags, to, want }) => {
  const base = `https://127.0.0.1:${portOf(to === "plain" ? plain : secure)}`;
  const { code, out, err } = await ask(base, flags());
  expect([code, out]).toEqual([1, ""]);
  expect(err).toContain(want);
});

it.each([
  [["--client-key=k"], "https://a"],
  [["--tls-server-name=a"], "http://a"],
])("refuses %j with %s", async (flags, base) => {
  expect((await ask(base, flags)).code).toBe(2);
});
