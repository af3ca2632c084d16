import { describe, expect, it } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createServer, connect, type PeerCertificate } from "node:tls";

import { type CertificateRequest, createAuthority, issueCertificate } from "../../src/certificates/authority.ts";
import type { KeyPair } from "../../src/certificates/key-pair.ts";
import {
  isIssuedFor,
  isPair,
  joinBundle,
  needsRenewal,
  readCertificate,
  splitBundle,
} from "../../src/certificates/read-certificate.ts";
import { temporaryDirectories } from "../support/temporary-directory.ts";

const DAY_MS = 86_400_000;
const NOW = Date.now();
const HOSTS = ["web", "web.shop.svc", "*.pods.shop.svc", "127.0.0.1", "::1"];

const authority = await createAuthority({ commonName: "shop authority", nowMs: NOW, lifetimeMs: 30 * DAY_MS });
const stranger = await createAuthority({ commonName: "shop authority", nowMs: NOW, lifetimeMs: 30 * DAY_MS });
const request: CertificateRequest = {
  commonName: "web",
  nowMs: NOW,
  lifetimeMs: 3 * DAY_MS,
  hosts: HOSTS,
  usages: ["server"],
};
const other = await issueCertificate(stranger, request);
const leaf = await issueCertificate(authority, request);

describe("a certificate that an authority has issued", () => {
  const directory = temporaryDirectories();

  const verify = (pair: KeyPair, ...options: readonly string[]) => {
    const path = directory();
    const [ca, cert] = [join(path, "ca.pem"), join(path, "cert.pem")];
    writeFileSync(ca, authority.certificate);
    writeFileSync(cert, pair.certificate);
    return execFileSync("openssl", ["verify", "-x509_strict", "-CAfile", ca, ...options, cert], {
      encoding: "utf8",
      stdio: "pipe",
    });
  };

  it.each([
    ["-verify_hostname", "web.shop.svc"],
    ["-verify_hostname", "a.pods.shop.svc"],
    ["-verify_ip", "127.0.0.1"],
    ["-verify_ip", "::1"],
  ])("is what openssl calls strictly right: %s %s", (option, host) => {
    expect(verify(leaf, "-purpose", "sslserver", option, host)).toContain("OK");
  });

  it("is refused for what it was not asked for", () => {
    expect(() => verify(leaf, "-purpose", "sslclient")).toThrow(/unsupported certificate purpose|unsuitable/);
    expect(() => verify(leaf, "-verify_hostname", "other")).toThrow(/hostname mismatch/i);
  });

  it("serves both ends of a mutual TLS connection", async () => {
    const client = await issueCertificate(authority, {
      ...request,
      hosts: [],
      usages: ["client"],
      commonName: "shopper",
    });
    expect(await shakeHands(client)).toBe("shopper");
  });

  it("does not outlive its authority", async () => {
    const long = await issueCertificate(authority, { ...request, lifetimeMs: 1000 * DAY_MS });
    expect(readCertificate(long.certificate)?.validTo).toBe(readCertificate(authority.certificate)?.validTo);
  });

  it("keeps the first 64 characters of a long name, which is all that a certificate may have", async () => {
    const long = await issueCertificate(authority, { ...request, commonName: "n".repeat(80) });
    expect(readCertificate(long.certificate)?.subject).toBe(`CN=${"n".repeat(64)}`);
    expect(verify(long)).toContain("OK");
  });
});

/** The common name that a server with `leaf` reads from the client's certificate. */
async function shakeHands(client: KeyPair): Promise<unknown> {
  const server = createServer({ ca: authority.certificate, cert: leaf.certificate, key: leaf.key, requestCert: true });
  const seen = new Promise<PeerCertificate>((resolve, reject) => {
    server.on("secureConnection", (socket) => resolve(socket.end().getPeerCertificate()));
    server.on("tlsClientError", reject);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const socket = connect({
    host: "127.0.0.1",
    port,
    ca: authority.certificate,
    cert: client.certificate,
    key: client.key,
  });
  const closed = new Promise((resolve, reject) => socket.on("close", resolve).on("error", reject));
  const peer = await seen;
  await closed;
  await new Promise((resolve) => server.close(resolve));
  return peer.subject.CN;
}

describe("needsRenewal", () => {
  it.each([
    { name: "no, while it is new", at: NOW, want: false },
    { name: "no, when half its life is over", at: NOW + 1.5 * DAY_MS, want: false },
    { name: "yes, when two thirds are over", at: NOW + 2 * DAY_MS, want: true },
    { name: "yes, when it has ended", at: NOW + 4 * DAY_MS, want: true },
  ])("says $name", ({ at, want }) => expect(needsRenewal(leaf.certificate, at)).toBe(want));

  it.each(["", "no certificate", leaf.key])("says yes to what is no certificate", (text) => {
    expect(needsRenewal(text, NOW)).toBe(true);
  });
});

describe("isIssuedFor", () => {
  const ca = authority.certificate;
  it.each([
    { name: "takes its own", pair: leaf, hosts: HOSTS, want: true },
    { name: "takes one for more hosts", pair: leaf, hosts: ["web.shop.svc"], want: true },
    { name: "refuses one for other hosts", pair: leaf, hosts: ["web.other.svc"], want: false },
    { name: "refuses one for other addresses", pair: leaf, hosts: ["10.0.0.1"], want: false },
    { name: "refuses one of an authority with the same name", pair: other, hosts: [], want: false },
    { name: "refuses a key of another", pair: { ...leaf, key: other.key }, hosts: [], want: false },
    { name: "refuses what is no certificate", pair: { certificate: "", key: "" }, hosts: [], want: false },
  ])("$name", ({ pair, hosts, want }) => expect(isIssuedFor(pair, ca, hosts)).toBe(want));

  it("refuses whatever an unreadable authority is said to have signed", () => {
    expect(isIssuedFor(leaf, "", [])).toBe(false);
    expect(isPair(leaf)).toBe(true);
  });
});

describe("a bundle", () => {
  it("has each certificate once and in order, and gives them back", () => {
    const [first, second] = [authority.certificate, stranger.certificate];
    const bundle = joinBundle([`${first}${second}`, first, "# said by somebody\n"]);
    expect(bundle).toBe(first + second);
    expect(splitBundle(bundle)).toStrictEqual([first, second]);
  });
});
