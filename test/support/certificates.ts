import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate and its private key, both in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Issues certificates that only tests trust. */
export interface CertificateAuthority extends Certificate {
  /**
   * @param names - Host names and addresses that it is for: `DNS:localhost,IP:127.0.0.1`.
   * @param usage - Its extended key usage, such as `clientAuth`. @default none: good for everything
   */
  issue(names: string, usage?: string): Certificate;
}

/** Makes a new authority with the openssl command; a few milliseconds each. */
export function createCertificateAuthority(name = "test authority"): CertificateAuthority {
  const own = create(["-subj", `/CN=${name}`, "-addext", "keyUsage=keyCertSign"]);
  return {
    ...own,
    issue: (names, usage) => {
      const extensions = [`subjectAltName=${names}`, ...(usage === undefined ? [] : [`extendedKeyUsage=${usage}`])];
      return create(["-subj", "/CN=test", ...extensions.flatMap((extension) => ["-addext", extension])], own);
    },
  };
}

function create(args: readonly string[], issuer?: Certificate): Certificate {
  const dir = mkdtempSync(join(tmpdir(), "certificate-"));
  try {
    const [cert, key] = [join(dir, "cert.pem"), join(dir, "key.pem")];
    const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    const signedBy = issuer === undefined ? [] : signingArguments(dir, issuer);
    const all = ["req", "-x509", "-days", "2", ...newKey, ...signedBy, ...args, "-keyout", key, "-out", cert];
    execFileSync("openssl", all, { stdio: "pipe" });
    return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function signingArguments(dir: string, { cert, key }: Certificate): readonly string[] {
  const [certPath, keyPath] = [join(dir, "issuer.pem"), join(dir, "issuer.key")];
  writeFileSync(certPath, cert);
  writeFileSync(keyPath, key);
  return ["-CA", certPath, "-CAkey", keyPath];
}
