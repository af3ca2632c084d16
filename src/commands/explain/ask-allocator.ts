import { readFile } from "node:fs/promises";
import { Agent, fetch } from "undici";
import { settingsOf } from "../../api/opentelemetry/components.ts";
import type { ExplainBase } from "../../options/explain-options.ts";
import { UnreadableFileError } from "../unreadable-file-error.ts";

/** A job of very many targets is worked through in seconds, and a few who ask have to wait for each other. */
const PATIENCE_MS = 60_000;

/** What a running process answered. */
interface Answer {
  readonly status: number;
  /** Undefined when it is no JSON. */
  readonly answer: unknown;
}

/** @param path - Below the base, query included. */
export async function askAllocator(path: string, from: ExplainBase, signal: AbortSignal): Promise<Answer> {
  const { status, text } = await ask(path, from, signal);
  try {
    return { status, answer: JSON.parse(text) as unknown };
  } catch {
    return { status, answer: undefined };
  }
}

async function ask(
  path: string,
  { base, tls }: ExplainBase,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly text: string }> {
  const { serverName } = tls;
  const dispatcher = new Agent({
    connect: {
      ...(await readPems({ ca: tls.authorityFile, cert: tls.certificateFile, key: tls.keyFile })),
      ...(serverName === undefined ? {} : { servername: serverName }),
    },
  });
  try {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
    const response = await fetch(`${base}${path}`, { dispatcher, signal: patience });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(`no answer from ${base} (--from); ${adviceOn(error, { base, tls })}`, { cause: error });
  } finally {
    await dispatcher.destroy();
  }
}

/** The texts of the files that are given. */
async function readPems(
  files: Readonly<Record<string, string | undefined>>,
): Promise<Readonly<Record<string, string>>> {
  const pems: [string, string][] = [];
  for (const [name, path] of Object.entries(files)) {
    if (path === undefined) continue;
    try {
      pems.push([name, await readFile(path, "utf8")]);
    } catch (cause) {
      throw new UnreadableFileError(path, cause);
    }
  }
  return Object.fromEntries(pems);
}

const NOT_TRUSTED =
  "the certificate that it shows is not trusted: name the authority that has issued it with --certificate-authority";
const NO_TLS = "it does not speak TLS there: write http, or the port of HTTPS, in --from";
const WANTED = "it wants a client certificate: give one with --client-certificate and --client-key";
const NOT_ACCEPTED =
  "it does not accept the client certificate: take one that the allocator's authority (ca_file_path) has issued";

/** Why a handshake fails, by the codes of Node and OpenSSL. */
const ADVICE: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: NOT_TRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: NOT_TRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: NOT_TRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NOT_TRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NOT_TRUSTED,
  CERT_HAS_EXPIRED: "the certificate that it shows has expired: renew it",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "the certificate that it shows is for another name: give that name with --tls-server-name, as behind a port-forward",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: WANTED,
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: NOT_ACCEPTED,
  "ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE": NOT_ACCEPTED,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: NOT_ACCEPTED,
  ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR: NOT_ACCEPTED,
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: "--client-key is not the key of --client-certificate",
  HPE_INVALID_CONSTANT: "what it says is no HTTP: write https in --from if it speaks TLS there",
};

/** A server that wants a certificate, or another one, may be gone before its alert is read. */
const CUT: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

function adviceOn(error: unknown, { base, tls }: ExplainBase): string {
  const code = codeOf(error);
  if (CUT.has(code) && base.startsWith("https:")) return tls.certificateFile === undefined ? WANTED : NOT_ACCEPTED;
  return ADVICE[code] ?? "check that a target allocator serves there";
}

/** The code of the innermost cause that has one; "" without. */
function codeOf(error: unknown): string {
  const { code, cause } = settingsOf(error);
  const inner = cause === undefined ? "" : codeOf(cause);
  return inner === "" && typeof code === "string" ? code : inner;
}
