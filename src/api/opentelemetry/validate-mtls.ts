import type { Cluster } from "./check.ts";
import type { MtlsSpec } from "./v1beta1.ts";

const OWN = "mTLS is enabled with useCertManager set to false; ";

/** What keeps an allocator from serving over mutual TLS as it is asked to, if anything. */
export function mtlsProblem({ enabled, useCertManager, tls }: MtlsSpec, { certManager }: Cluster): string | undefined {
  if (enabled !== true) return undefined;
  if (useCertManager !== false) {
    return certManager === false
      ? "mTLS is enabled with useCertManager but cert-manager is not available; install cert-manager and restart the operator, or set useCertManager to false"
      : undefined;
  }
  // Without any certificates the operator issues them.
  if (tls === undefined) return undefined;
  const { serverCertificate, clientCertificate, certificateAuthorityCertificate: authority } = tls;
  if (serverCertificate === undefined || clientCertificate === undefined) {
    return `${OWN}tls.serverCertificate and tls.clientCertificate must both be set`;
  }
  if (authority === undefined) return `${OWN}tls.certificateAuthorityCertificate must be set`;
  return (authority.secret === undefined) === (authority.configMap === undefined)
    ? "tls.certificateAuthorityCertificate must set exactly one of secret or configMap"
    : undefined;
}
