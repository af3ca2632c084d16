import { describe, expect, it } from "@jest/globals";
import { X509Certificate } from "node:crypto";

import { splitBundle } from "../../../src/certificates/read-certificate.ts";
import {
  buildSecrets,
  readSecrets,
  type SecretObject,
} from "../../../src/controllers/target-allocator/certificate-secrets.ts";
import {
  type CurrentCertificates,
  type KeptCertificates,
  renewalDue,
  renewCertificates,
} from "../../../src/controllers/target-allocator/own-certificates.ts";
import { allocatorInput } from "../../support/allocator-inputs.ts";

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const HOSTS = ["web-targetallocator", "web-targetallocator.shop.svc"];

async function renew(kept: KeptCertificates, day: number): Promise<CurrentCertificates> {
  return renewCertificates(kept, { name: "web", hosts: HOSTS, nowMs: START + day * DAY });
}

const NONE: KeptCertificates = { trusted: "" };

/** Whether whoever trusts the bundle takes the certificate, on that day. */
function accepts(trusted: string, certificate: string, day: number): boolean {
  const shown = new X509Certificate(certificate);
  const now = START + day * DAY;
  const holds = [shown, ...splitBundle(trusted).map((pem) => new X509Certificate(pem))].filter(
    ({ validFromDate, validToDate }) => validFromDate.getTime() <= now && now < validToDate.getTime(),
  );
  return (
    holds.includes(shown) &&
    holds.slice(1).some((authority) => shown.checkIssued(authority) && shown.verify(authority.publicKey))
  );
}

describe("certificates of the operator's own", () => {
  it("are made where there are none: for both sides, by one authority, for every name of the Service", async () => {
    const made = await renew(NONE, 0);
    const server = new X509Certificate(made.server.certificate);
    expect(server.subjectAltName).toBe(HOSTS.map((host) => `DNS:${host}`).join(", "));
    expect(accepts(made.trusted, made.server.certificate, 0)).toBe(true);
    expect(accepts(made.trusted, made.client.certificate, 0)).toBe(true);
  });

  it("stay as they are while they are good", async () => {
    const made = await renew(NONE, 0);
    expect(await renew(made, 59)).toEqual(made);
  });

  it("are made anew after two thirds of their life, or for another name", async () => {
    const made = await renew(NONE, 0);
    const later = await renew(made, 61);
    expect(later.authority).toEqual(made.authority);
    expect(later.server.certificate).not.toBe(made.server.certificate);
    const renamed = await renewCertificates(made, { name: "web", hosts: ["other"], nowMs: START });
    expect(new X509Certificate(renamed.server.certificate).subjectAltName).toBe("DNS:other");
  });

  it("are due when the first of them is", async () => {
    const made = await renew(NONE, 0);
    const due = (renewalDue(made) - START) / DAY;
    expect(due).toBeGreaterThan(59);
    expect(due).toBeLessThan(60.1);
    const waiting = await renew(made, 731);
    expect((renewalDue(waiting) - START) / DAY).toBeLessThan(732.1);
  });

  it("have a new authority, which is trusted for a day before it issues", async () => {
    const made = await renew(NONE, 0);
    const announced = await renew(made, 731);
    expect(announced.authority).toEqual(made.authority);
    expect(splitBundle(announced.trusted)).toEqual([made.authority.certificate, announced.nextAuthority?.certificate]);
    const issued = await renew(announced, 733);
    expect(issued.authority).toEqual(announced.nextAuthority);
    expect(issued.nextAuthority).toBeUndefined();
    expect(splitBundle(issued.trusted)).toHaveLength(2);
    // What collectors loaded a day ago takes what the allocator shows today, and the other way round.
    expect(accepts(announced.trusted, issued.server.certificate, 733)).toBe(true);
    expect(accepts(issued.trusted, announced.client.certificate, 733)).toBe(true);
  });

  it("let each side trust the other through seven years, however late Secrets arrive within a day", async () => {
    let today = await renew(NONE, 0);
    const distrust: number[] = [];
    // In between nothing changes.
    const next = (day: number): number => Math.max(day + 1, (renewalDue(today) - START) / DAY);
    for (let day = next(0); day < 7 * 365; day = next(day)) {
      const yesterday = today;
      today = await renew(today, day);
      const fine =
        accepts(yesterday.trusted, today.server.certificate, day) &&
        accepts(today.trusted, yesterday.client.certificate, day);
      if (!fine) distrust.push(day);
    }
    expect(distrust).toEqual([]);
    expect(splitBundle(today.trusted).length).toBeLessThanOrEqual(3);
  });

  it.each<{ name: string; broken: (made: CurrentCertificates) => KeptCertificates }>([
    {
      name: "an authority whose key is another's",
      broken: (made) => ({ ...made, authority: { ...made.authority, key: made.server.key } }),
    },
    {
      name: "an authority that is no certificate",
      broken: (made) => ({ ...made, authority: { certificate: "x", key: "y" } }),
    },
    {
      name: "a server's certificate that is none",
      broken: (made) => ({ ...made, server: { certificate: "", key: "" } }),
    },
    { name: "a client's that is missing", broken: (made) => ({ ...made, client: undefined }) },
  ])("are mended: $name", async ({ broken }) => {
    const mended = await renew(broken(await renew(NONE, 0)), 1);
    expect(accepts(mended.trusted, mended.server.certificate, 1)).toBe(true);
    expect(accepts(mended.trusted, mended.client.certificate, 1)).toBe(true);
  });
});

describe("the Secrets of certificates", () => {
  it("say what was put into them, a new authority included, and only one holds the authority's key", async () => {
    const certificates = await renew(await renew(NONE, 0), 731);
    const secrets = buildSecrets(allocatorInput(), certificates) as unknown as readonly SecretObject[];
    const [authority, server, client] = secrets;
    expect(secrets.map(({ metadata, type }) => [metadata.name, type])).toEqual([
      ["web-ca-cert", "kubernetes.io/tls"],
      ["web-ta-server-cert", "kubernetes.io/tls"],
      ["web-ta-client-cert", "kubernetes.io/tls"],
    ]);
    expect(readSecrets(authority, server, client)).toEqual(certificates);
    expect(Object.keys(server?.data ?? {}).toSorted()).toEqual(["ca.crt", "tls.crt", "tls.key"]);
  });
});
