// The library behind write-certificate.ts takes a tenth of a second to load. Only those pay who need a new certificate.
import type { CertificateTerms, KeyPair, Usage } from "./key-pair.ts";

/** What a certificate is asked to be good for. */
export interface CertificateRequest extends CertificateTerms {
  /** Names and IP addresses that it stands for; wildcards as `*.shop.svc`. */
  readonly hosts: readonly string[];
  readonly usages: readonly Usage[];
}

/** Makes a new authority, which signs itself. Other than by its keys it depends on its arguments alone. */
export async function createAuthority(terms: CertificateTerms): Promise<KeyPair> {
  const { authorityExtensions, writeCertificate } = await import("./write-certificate.ts");
  return writeCertificate(terms, { extensions: authorityExtensions() });
}

/** Makes new keys and a certificate of them that the authority signs. It ends with the authority, if not before. */
export async function issueCertificate(authority: KeyPair, request: CertificateRequest): Promise<KeyPair> {
  const { leafExtensions, writeCertificate } = await import("./write-certificate.ts");
  const extensions = leafExtensions(request.hosts, request.usages);
  return writeCertificate(request, { extensions, issuer: authority });
}
