import { isIP } from "node:net";
import { checkServerIdentity, type ConnectionOptions, createSecureContext, type SecureVersion } from "node:tls";

import { type SecretFiles, valueOf } from "./secret.ts";
import type { TlsSettings } from "./settings.ts";

const VERSIONS: Readonly<Record<string, SecureVersion>> = {
  TLS10: "TLSv1",
  TLS11: "TLSv1.1",
  TLS12: "TLSv1.2",
  TLS13: "TLSv1.3",
};

/** The TLS options of connections, made of settings whose files can change. */
export class TlsMaterial {
  readonly #settings: TlsSettings;
  readonly #files: SecretFiles;
  #texts = "";
  #options: ConnectionOptions | undefined;

  /** Throws when the lowest version is above the highest. */
  constructor(settings: TlsSettings, files: SecretFiles) {
    const { minVersion, maxVersion } = settings;
    if (minVersion !== "" && maxVersion !== "" && maxVersion < minVersion) {
      throw new Error(`tls_config: max_version ${maxVersion} is below min_version ${minVersion}`);
    }
    this.#settings = settings;
    this.#files = files;
  }

  /** The options for a connection now: the same object as long as nothing has changed. Rejects when they are unusable. */
  async options(): Promise<ConnectionOptions> {
    const { ca, cert, key } = this.#settings;
    const texts = await Promise.all([ca, cert, key].map(async (secret) => valueOf(secret, this.#files)));
    const joined = texts.join("\0");
    if (this.#options === undefined || joined !== this.#texts) {
      this.#options = this.#create(texts);
      this.#texts = joined;
    }
    return this.#options;
  }

  #create([ca = "", cert = "", key = ""]: readonly string[]): ConnectionOptions {
    const { insecureSkipVerify, serverName } = this.#settings;
    if (this.#settings.ca !== undefined && !ca.includes("-----BEGIN CERTIFICATE-----")) {
      throw new Error(`${this.#settings.ca.key} has no PEM certificate`);
    }
    return {
      rejectUnauthorized: !insecureSkipVerify,
      secureContext: this.#secureContext(ca, cert, key),
      ...expectedName(serverName),
    };
  }

  #secureContext(ca: string, cert: string, key: string): ConnectionOptions["secureContext"] {
    const minVersion = VERSIONS[this.#settings.minVersion];
    const maxVersion = VERSIONS[this.#settings.maxVersion];
    // OpenSSL's usual ciphers leave out what the oldest versions need.
    const old = minVersion === "TLSv1" || minVersion === "TLSv1.1";
    try {
      return createSecureContext({
        ...(ca === "" ? {} : { ca }),
        ...(cert === "" ? {} : { cert, key }),
        ...(minVersion === undefined ? {} : { minVersion }),
        ...(maxVersion === undefined ? {} : { maxVersion }),
        ...(old ? { ciphers: "DEFAULT@SECLEVEL=0" } : {}),
      });
    } catch (error) {
      throw new Error("tls_config: the certificate, key or CA cannot be used", { cause: error });
    }
  }
}

/** What the certificate must be for. An address cannot be asked for by name, but it can be looked for. */
function expectedName(serverName: string): ConnectionOptions {
  if (serverName === "") return {};
  if (isIP(serverName) === 0) return { servername: serverName };
  return { checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate) };
}
