/** A certificate and the private key that belongs to it, both PEM; the key is PKCS #8. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** Common name and time of a certificate. */
export interface CertificateTerms {
  /** Nobody verifies by it; people read it. At most 64 characters are kept. */
  readonly commonName: string;
  /** When it is made, in milliseconds since 1970. It holds a little earlier than that, for clocks that are slow. */
  readonly nowMs: number;
  readonly lifetimeMs: number;
}

/** What a certificate may be shown for. */
export type Usage = "server" | "client";
