import type { CertificateReference, FreeForm, MtlsCertificates, MtlsSpec } from "../../api/opentelemetry/v1beta1.ts";
import { clientCertificateName, serverCertificateName } from "../manifests/names.ts";

/** Where the certificates of an allocator and its collectors come from. */
export type CertificateSource =
  | { readonly from: "cert-manager" }
  /** Made by the operator itself. */
  | { readonly from: "operator" }
  | { readonly from: "user"; readonly certificates: MtlsCertificates };

/** Where the certificates come from; undefined when there is no mutual TLS. */
export function certificateSource(mtls: MtlsSpec | undefined): CertificateSource | undefined {
  if (mtls?.enabled !== true) return undefined;
  if (mtls.useCertManager !== false) return { from: "cert-manager" };
  return mtls.tls === undefined ? { from: "operator" } : { from: "user", certificates: mtls.tls };
}

/** The directory of the certificates in the containers of both sides. */
const DIRECTORY = "/tls";

/** The files in it, as both sides name them. */
export const TLS_FILES = {
  authority: `${DIRECTORY}/ca.crt`,
  certificate: `${DIRECTORY}/tls.crt`,
  key: `${DIRECTORY}/tls.key`,
} as const;

/** What brings certificates into a container. */
export interface CertificateFiles {
  readonly volumes: readonly FreeForm[];
  readonly mounts: readonly FreeForm[];
}

const NO_FILES: CertificateFiles = { volumes: [], mounts: [] };

/** What the allocator shows, and whom it trusts. */
export function serverCertificateFiles(allocator: string, mtls: MtlsSpec | undefined): CertificateFiles {
  const source = certificateSource(mtls);
  return source === undefined ? NO_FILES : filesOf(serverCertificateName(allocator), source, "serverCertificate");
}

/** What collectors show, and whom they trust. Its Secret is named after the allocator, whatever the collectors' name. */
export function clientCertificateFiles(allocator: string, mtls: MtlsSpec | undefined): CertificateFiles {
  const source = certificateSource(mtls);
  return source === undefined ? NO_FILES : filesOf(clientCertificateName(allocator), source, "clientCertificate");
}

/** A whole directory is mounted, never single files of it: kubelet does not renew those in running containers. */
function filesOf(
  name: string,
  source: CertificateSource,
  side: "serverCertificate" | "clientCertificate",
): CertificateFiles {
  const content =
    source.from === "user"
      ? { projected: { sources: projections(source.certificates, source.certificates[side]) } }
      : { secret: { secretName: name } };
  return { volumes: [{ name, ...content }], mounts: [{ name, mountPath: DIRECTORY }] };
}

function projections(
  { certificateAuthorityCertificate: authority }: MtlsCertificates,
  pair: CertificateReference | undefined,
): readonly FreeForm[] {
  const { secret, configMap } = authority ?? {};
  return [
    ...(secret === undefined ? [] : [{ secret: projection(secret.name, secret.key ?? "ca.crt", "ca.crt") }]),
    ...(configMap === undefined
      ? []
      : [{ configMap: projection(configMap.name, configMap.key ?? "ca.crt", "ca.crt") }]),
    ...(pair === undefined
      ? []
      : [
          { secret: projection(pair.certificateSecret.name, pair.certificateSecret.key ?? "tls.crt", "tls.crt") },
          { secret: projection(pair.keySecret.name, pair.keySecret.key ?? "tls.key", "tls.key") },
        ]),
  ];
}

function projection(name: string, key: string, path: string): FreeForm {
  return { name, items: [{ key, path }] };
}
