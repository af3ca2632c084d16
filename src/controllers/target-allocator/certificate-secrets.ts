import type { KeyPair } from "../../certificates/key-pair.ts";
import type { KubeObject } from "../../api/meta.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import { type Manifest, manifest } from "../manifests/manifest.ts";
import { authorityCertificateName, clientCertificateName, serverCertificateName } from "../manifests/names.ts";
import { allocatorMeta, type AllocatorIdentity } from "./allocator-input.ts";
import type { CurrentCertificates, KeptCertificates } from "./own-certificates.ts";

/** A Secret as it is read. */
export interface SecretObject extends KubeObject {
  readonly type?: string;
  /** Base64. */
  readonly data?: Readonly<Record<string, string>>;
}

/** The Secrets in which the operator keeps the certificates of an allocator; cert-manager has the same names. */
export function certificateSecretNames(
  allocator: string,
): readonly [authority: string, server: string, client: string] {
  return [authorityCertificateName(allocator), serverCertificateName(allocator), clientCertificateName(allocator)];
}

/** What the Secrets hold, each undefined that there is not. */
export function readSecrets(
  authority: SecretObject | undefined,
  server: SecretObject | undefined,
  client: SecretObject | undefined,
): KeptCertificates {
  return {
    authority: pairIn(authority, "tls"),
    nextAuthority: pairIn(authority, "next"),
    trusted: textIn(authority, "ca.crt") ?? "",
    server: pairIn(server, "tls"),
    client: pairIn(client, "tls"),
  };
}

/** The Secrets that hold these certificates: the authority's first. Only the operator reads that one. */
export function buildSecrets(input: AllocatorIdentity, certificates: CurrentCertificates): readonly Manifest[] {
  const { authority, nextAuthority, server, client, trusted } = certificates;
  const [authorityName, serverName, clientName] = certificateSecretNames(input.owner.metadata.name);
  const next: Record<string, string> =
    nextAuthority === undefined ? {} : { "next.crt": nextAuthority.certificate, "next.key": nextAuthority.key };
  return [
    secret(input, authorityName, { ...tls(authority), "ca.crt": trusted, ...next }),
    secret(input, serverName, { ...tls(server), "ca.crt": trusted }),
    secret(input, clientName, { ...tls(client), "ca.crt": trusted }),
  ];
}

function tls({ certificate, key }: KeyPair): Readonly<Record<string, string>> {
  return { "tls.crt": certificate, "tls.key": key };
}

function secret(input: AllocatorIdentity, name: string, texts: Readonly<Record<string, string>>): Manifest {
  const data = Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString("base64")] as const);
  return manifest(RESOURCES.Secret, allocatorMeta(input, { name, annotated: false }), {
    type: "kubernetes.io/tls",
    data: Object.fromEntries(data),
  });
}

function pairIn(found: SecretObject | undefined, name: string): KeyPair | undefined {
  const [certificate, key] = [textIn(found, `${name}.crt`), textIn(found, `${name}.key`)];
  return certificate === undefined || key === undefined ? undefined : { certificate, key };
}

function textIn(found: SecretObject | undefined, key: string): string | undefined {
  const value = found?.data?.[key];
  return value === undefined ? undefined : Buffer.from(value, "base64").toString("utf8");
}
