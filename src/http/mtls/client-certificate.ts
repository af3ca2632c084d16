import type { DetailedPeerCertificate, PeerCertificate, TLSSocket } from "node:tls";

/** What the verification of OpenSSL found, in words. https://docs.openssl.org/master/man1/openssl-verification-options/ */
const REASONS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "it has expired",
  CERT_NOT_YET_VALID: "it is not valid yet",
  DEPTH_ZERO_SELF_SIGNED_CERT: "it is signed by itself, and not among the trusted authorities",
  INVALID_CA: "the certificate that signed it is no authority",
  INVALID_PURPOSE: "its key usage or extended key usage is not that of a client",
  PATH_LENGTH_EXCEEDED: "its chain is longer than an authority allows",
  SELF_SIGNED_CERT_IN_CHAIN: "its chain ends at an authority that is not trusted",
  UNABLE_TO_GET_ISSUER_CERT: "the certificate of its authority is missing",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "it is of an authority that is not trusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "it is of an authority that is not trusted",
};

/**
 * Why the client of a connection may not be served; undefined when its certificate is of a trusted authority, in time
 * and for clients. Its names are not looked at.
 */
export function clientProblem(socket: TLSSocket): string | undefined {
  // Without a certificate the types do not fit: there is an empty object, or nothing after a close.
  const certificate = socket.getPeerCertificate() as Partial<PeerCertificate | DetailedPeerCertificate> | undefined;
  if (certificate?.raw === undefined) return "no client certificate provided";
  if (socket.authorized) return undefined;
  // A code, though it is declared to be an Error.
  const code = String(socket.authorizationError);
  return `client certificate verification failed: ${REASONS[code] ?? code}`;
}

/** Whom a certificate names, and who says so: for the log. */
export function certificateNames(socket: TLSSocket): { readonly subject?: string; readonly issuer?: string } {
  const certificate = socket.getPeerX509Certificate();
  return certificate === undefined
    ? {}
    : { subject: oneLine(certificate.subject), issuer: oneLine(certificate.issuer) };
}

function oneLine(name: string): string {
  return name.replaceAll("\n", ", ");
}
