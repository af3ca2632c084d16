import { X509Certificate, createPrivateKey } from "node:crypto";
import { isIP } from "node:net";

import type { KeyPair } from "./key-pair.ts";

/** The share of its life after which a certificate is replaced: cert-manager's, so that nobody is surprised. */
const RENEWAL_SHARE = 2 / 3;

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** A certificate that somebody made, or undefined for what is none. Of several in a text it is the first. */
export function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** Whether two thirds of its life are over. A text that cannot be read as a certificate needs to be replaced, too. */
export function needsRenewal(certificate: string, nowMs: number): boolean {
  const read = readCertificate(certificate);
  return read === undefined || nowMs >= renewalMs(read);
}

/** When {@link needsRenewal} begins to say yes, in milliseconds since 1970. */
export function renewalMs({ validFromDate, validToDate }: X509Certificate): number {
  const from = validFromDate.getTime();
  return from + (validToDate.getTime() - from) * RENEWAL_SHARE;
}

/** Whether a certificate and a key are a pair that stands for each of the hosts, and that the authority has signed. */
export function isIssuedFor({ certificate, key }: KeyPair, authority: string, hosts: readonly string[]): boolean {
  const [read, signer] = [readCertificate(certificate), readCertificate(authority)];
  if (read === undefined || signer === undefined || !isPair({ certificate, key })) return false;
  const isSigned = read.checkIssued(signer) && read.verify(signer.publicKey);
  return isSigned && hosts.every((host) => standsFor(read, host));
}

/** Whether the key is the one of the certificate. */
export function isPair({ certificate, key }: KeyPair): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

function standsFor(certificate: X509Certificate, host: string): boolean {
  if (isIP(host) !== 0) return certificate.checkIP(host) !== undefined;
  return (certificate.subjectAltName ?? "").split(", ").includes(`DNS:${host}`);
}

/** The certificates in a text, one PEM each with a newline at its end; whatever else stands there is left out. */
export function splitBundle(pem: string): readonly string[] {
  return (pem.match(PEM_CERTIFICATE) ?? []).map((certificate) => `${certificate}\n`);
}

/** One text of several authorities: each once, those first that come first. */
export function joinBundle(certificates: readonly string[]): string {
  return [...new Set(certificates.flatMap(splitBundle))].join("");
}
