import { createPrivateKey, X509Certificate } from "node:crypto";

/** Paths of the PEM files of a server that asks its clients for certificates. */
export interface TlsFiles {
  /** The authorities that client certificates must be of. */
  readonly ca: string;
  /** The server's certificate, with those between it and its authority. */
  readonly cert: string;
  readonly key: string;
}

/** What the files hold, checked. */
export interface TlsMaterial {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Reads a file as text. */
export type ReadText = (path: string) => Promise<string>;

/** The files cannot be used for TLS. The message names the file, and what is wrong with it. */
class TlsFilesError extends Error {
  readonly code = "TLS_FILES";
  override readonly name = "TlsFilesError";
}

/**
 * Certificate, key and client authorities of a server, from files that are replaced while it runs. What cannot be used
 * never takes the place of what can.
 */
export class TlsCredentials {
  readonly #files: TlsFiles;
  readonly #read: ReadText;
  #material: TlsMaterial | undefined;

  constructor(files: TlsFiles, read: ReadText) {
    this.#files = files;
    this.#read = read;
  }

  /** What was read last; throws before the first {@link refresh}. */
  get material(): TlsMaterial {
    if (this.#material === undefined) throw new TlsFilesError("the files of the HTTPS server have not been read yet");
    return this.#material;
  }

  /**
   * Reads the files again. Resolves with whether one of them differs. Rejects with {@link TlsFilesError} when they
   * cannot be used, together; what was read before then stays in force.
   */
  async refresh(): Promise<boolean> {
    const { ca, cert, key } = this.#files;
    const read: TlsMaterial = {
      ca: await this.#text("CA", ca),
      cert: await this.#text("certificate", cert),
      key: await this.#text("key", key),
    };
    const before = this.#material;
    if (before?.ca === read.ca && before.cert === read.cert && before.key === read.key) return false;
    this.#check(read);
    this.#material = read;
    return true;
  }

  async #text(what: string, path: string): Promise<string> {
    try {
      return await this.#read(path);
    } catch (cause) {
      throw new TlsFilesError(`the ${what} file of the HTTPS server cannot be read: ${path}`, { cause });
    }
  }

  #check({ ca, cert, key }: TlsMaterial): void {
    const files = this.#files;
    certificatesIn(ca, `the CA file ${files.ca}`);
    const [leaf] = certificatesIn(cert, `the certificate file ${files.cert}`);
    const privateKey = using(`the key file ${files.key} has no usable private key`, () => createPrivateKey(key));
    if (leaf?.checkPrivateKey(privateKey) === false) {
      throw new TlsFilesError(
        `the key file ${files.key} is not the key of the certificate in ${files.cert}; ` +
          "both must be replaced together",
      );
    }
  }
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** The certificates of a PEM text, one at least. */
function certificatesIn(pem: string, where: string): readonly X509Certificate[] {
  const blocks = pem.match(PEM_CERTIFICATE) ?? [];
  if (blocks.length === 0) throw new TlsFilesError(`${where} has no PEM certificate`);
  return using(`${where} has a certificate that cannot be read`, () =>
    blocks.map((pemText) => new X509Certificate(pemText)),
  );
}

function using<T>(problem: string, use: () => T): T {
  try {
    return use();
  } catch (cause) {
    throw new TlsFilesError(problem, { cause });
  }
}
