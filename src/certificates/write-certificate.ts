import { webcrypto } from "node:crypto";
import { isIP } from "node:net";

// The library below wants it loaded before itself.
import "reflect-metadata";
import * as x509 from "@peculiar/x509";

import type { CertificateTerms, KeyPair, Usage } from "./key-pair.ts";

/** The only file that knows the library which writes certificates; what reads them is Node's own. */

/** P-256 is what every TLS stack of this field has, those that comply with FIPS included; a key takes a millisecond. */
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
/** Clocks of nodes and API servers differ. */
const BACKDATE_MS = 5 * 60_000;
/** The upper bound of the standard (RFC 5280, appendix A.1). */
const MAX_NAME_LENGTH = 64;

const { subtle } = webcrypto;

type SigningKey = webcrypto.CryptoKey;

/** What tells an authority's certificate from one that it issues. */
export interface Purpose {
  readonly extensions: readonly x509.Extension[];
  /** Absent for a certificate that signs itself. */
  readonly issuer?: KeyPair;
}

/** Makes new keys, and the certificate of the public one. It does not outlive its issuer. */
export async function writeCertificate(terms: CertificateTerms, { extensions, issuer }: Purpose): Promise<KeyPair> {
  const { privateKey, publicKey } = await subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const signer = issuer === undefined ? undefined : new x509.X509Certificate(issuer.certificate);
  const name = toName(terms.commonName);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject: name,
      issuer: signer === undefined ? name : signer.subjectName,
      notBefore: new Date(terms.nowMs - BACKDATE_MS),
      notAfter: new Date(Math.min(terms.nowMs + terms.lifetimeMs, signer?.notAfter.getTime() ?? Infinity)),
      signingAlgorithm: ALGORITHM,
      publicKey,
      signingKey: issuer === undefined ? privateKey : await readKey(issuer.key),
      extensions: [
        ...extensions,
        await x509.SubjectKeyIdentifierExtension.create(publicKey, false, webcrypto),
        await x509.AuthorityKeyIdentifierExtension.create(signer?.publicKey ?? publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return { certificate: `${certificate.toString("pem")}\n`, key: await toPem(privateKey) };
}

function toName(commonName: string): x509.Name {
  return new x509.Name([{ CN: [{ utf8String: commonName.slice(0, MAX_NAME_LENGTH) }] }]);
}

async function toPem(key: SigningKey): Promise<string> {
  return `${x509.PemConverter.encode(await subtle.exportKey("pkcs8", key), "PRIVATE KEY")}\n`;
}

async function readKey(pem: string): Promise<SigningKey> {
  return subtle.importKey("pkcs8", x509.PemConverter.decodeFirst(pem), ALGORITHM, false, ["sign"]);
}

/** May sign certificates, and nothing else; those it signs may not. */
export function authorityExtensions(): readonly x509.Extension[] {
  return [
    new x509.BasicConstraintsExtension(true, 0, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
  ];
}

const USAGES = { server: x509.ExtendedKeyUsage.serverAuth, client: x509.ExtendedKeyUsage.clientAuth } as const;

/** @param hosts - Names and IP addresses that it stands for. */
export function leafExtensions(hosts: readonly string[], usages: readonly Usage[]): readonly x509.Extension[] {
  const names = hosts.map((host) => ({ type: isIP(host) === 0 ? "dns" : "ip", value: host }) as const);
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension(usages.map((usage) => USAGES[usage])),
    ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension([...names])]),
  ];
}
