import { choiceFlag, type Flag, type FlagValues, listFlag } from "./flags.ts";

/** Versions of TLS by Go's names for them. Older ones are broken, and OpenSSL refuses them as it is built today. */
const VERSIONS = { VersionTLS12: "TLSv1.2", VersionTLS13: "TLSv1.3" } as const;
type GoVersion = keyof typeof VERSIONS;

/** With TLS 1.3 there is nothing to choose, as in Go. */
const TLS13_SUITES = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];

/** Go's names of cipher suites of TLS 1.2, with OpenSSL's. https://pkg.go.dev/crypto/tls#pkg-constants */
const SUITES: ReadonlyMap<string, string> = new Map([
  ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"],
  ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"],
  ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"],
  ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"],
  ["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"],
  ["TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"],
  ["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305", "ECDHE-ECDSA-CHACHA20-POLY1305"],
  ["TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"],
  ["TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"],
  ["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"],
  ["TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"],
  ["TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"],
  ["TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256"],
  ["TLS_RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384"],
]);

/** What the operator's HTTPS servers, for webhooks and metrics, agree to. */
export const TLS_FLAGS = {
  tlsMinVersion: choiceFlag<GoVersion>("tls-min-version", Object.keys(VERSIONS) as GoVersion[], {
    help: "The least version of TLS that webhooks and metrics are served with",
    fallback: "VersionTLS12",
    shown: "VersionTLS12",
    env: "TLS_MIN_VERSION",
    fileKey: "tls.minversion",
  }),
  tlsCipherSuites: suitesFlag(),
};

/** Options of a TLS server, as node:tls has them. */
export interface TlsOptions {
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
  /** OpenSSL's list. @default that of Node.js */
  readonly ciphers?: string;
}

/** What the flags together mean. */
export function resolveTlsOptions({ tlsMinVersion, tlsCipherSuites }: FlagValues<typeof TLS_FLAGS>): TlsOptions {
  const chosen = tlsCipherSuites.flatMap((name) => SUITES.get(name) ?? []);
  const minVersion = VERSIONS[tlsMinVersion];
  // Without those of TLS 1.3 in the list, Node.js would serve nothing newer than 1.2.
  return Object.freeze(
    tlsCipherSuites.length === 0 ? { minVersion } : { minVersion, ciphers: [...TLS13_SUITES, ...chosen].join(":") },
  );
}

function suitesFlag(): Flag<readonly string[]> {
  const flag = listFlag("tls-cipher-suites", {
    help: "Cipher suites of TLS 1.2 for webhooks and metrics, by Go's names for them; without it those of Node.js",
    fallback: [],
    env: "TLS_CIPHER_SUITES",
    fileKey: "tls.ciphersuites",
  });
  return {
    ...flag,
    read(text, before) {
      const names = flag.read(text, before);
      const unknown = names.filter((name) => !SUITES.has(name) && !TLS13_SUITES.includes(name));
      if (unknown.length > 0)
        throw new Error(`has ${unknown.join(", ")}, which must be among ${[...SUITES.keys()].join(", ")}`);
      return names;
    },
  };
}
