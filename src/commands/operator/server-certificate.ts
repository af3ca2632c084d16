import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { createAuthority, issueCertificate } from "../../certificates/authority.ts";
import type { KeyPair } from "../../certificates/key-pair.ts";
import { isPair, readCertificate, renewalMs } from "../../certificates/read-certificate.ts";
import { watchDirectory } from "../../discovery/file/directory-watches.ts";
import { type Clock, delay } from "../../observability/clock.ts";
import type { Logger } from "../../observability/logger.ts";
import type { MetricsCertificate } from "../../options/metrics-options.ts";
import { followFile } from "../target-allocator/followed-file.ts";

/** What a server proves with who it is, and how that is kept fresh. */
export interface ServerCertificate {
  readonly current: KeyPair;
  /** Tells each new pair, until the signal is aborted. */
  follow(onNew: (pair: KeyPair) => void, signal: AbortSignal): Promise<void>;
}

/** The files of a server's certificate cannot be used. The message names them. */
class ServerCertificateError extends Error {
  readonly code = "TLS_FILES";
  override readonly name = "ServerCertificateError";
}

const LIFETIME_MS = 365 * 86_400_000;
/** Timers cannot be longer than 24 days; and after a machine has slept, this is soon enough. */
const LONGEST_WAIT_MS = 86_400_000;

/** A certificate of the process itself. Nobody can verify it: it is for clients that are content with TLS. */
export async function selfMadeCertificate(clock: Clock): Promise<ServerCertificate> {
  const make = async (): Promise<KeyPair> => {
    const terms = { nowMs: clock.now(), lifetimeMs: LIFETIME_MS };
    const authority = await createAuthority({ ...terms, commonName: "otel-allocator metrics" });
    const hosts = ["localhost", hostname(), "127.0.0.1", "::1"];
    return issueCertificate(authority, { ...terms, commonName: hostname(), hosts, usages: ["server"] });
  };
  const current = await make();
  return {
    current,
    async follow(onNew, signal) {
      for (let pair = current; ; onNew((pair = await make()))) await untilRenewal(pair, clock, signal);
    },
  };
}

/** Resolves when the certificate is due; rejects with the signal's reason. */
async function untilRenewal({ certificate }: KeyPair, clock: Clock, signal: AbortSignal): Promise<void> {
  const read = readCertificate(certificate);
  const dueMs = read === undefined ? clock.now() : renewalMs(read);
  while (clock.now() < dueMs) await delay(clock, Math.min(dueMs - clock.now(), LONGEST_WAIT_MS), signal);
}

/** Which server a certificate is for, in words. */
export interface CertificateUse {
  /** Such as `metrics server`. */
  readonly server: string;
  /** What chooses the files, such as `--metrics-tls-cert-file and --metrics-tls-key-file`. */
  readonly setBy: string;
}

/** A certificate of somebody else's, who replaces the files when it is due. Rejects when they cannot be used. */
export async function certificateInFiles(
  files: MetricsCertificate,
  { clock, log, ...use }: CertificateUse & { readonly clock: Clock; readonly log: Logger },
): Promise<ServerCertificate> {
  const current = await readPair(files, use);
  return {
    current,
    async follow(onNew, signal) {
      let known = current;
      const look = async (): Promise<void> => {
        try {
          const read = await readPair(files, use);
          if (read.certificate === known.certificate && read.key === known.key) return;
          known = read;
          onNew(read);
          log.info("the certificate of a server was replaced", { server: use.server, ...files });
        } catch (error) {
          log.error("the new certificate of a server cannot be used; the former one stays", {
            server: use.server,
            error,
          });
        }
      };
      let looks = Promise.resolve();
      const onText = (): void => void (looks = looks.then(look));
      const texts = { [files.certFile]: current.certificate, [files.keyFile]: current.key };
      const followed = Object.entries(texts).map(async ([path, text]) =>
        followFile({ path, text, watchDirectory, clock, onText, onUnreadable: onText }, signal),
      );
      await Promise.all(followed);
      await looks;
    },
  };
}

async function readPair(
  { certFile, keyFile }: MetricsCertificate,
  { server, setBy }: CertificateUse,
): Promise<KeyPair> {
  const [certificate, key] = await Promise.all([
    readText(`the certificate file of the ${server}`, certFile),
    readText(`the key file of the ${server}`, keyFile),
  ]);
  if (isPair({ certificate, key })) return { certificate, key };
  throw new ServerCertificateError(
    `${certFile} and ${keyFile} are no certificate and its key, in PEM; give files that belong together with ${setBy}`,
  );
}

async function readText(what: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new ServerCertificateError(`${what} cannot be read: ${path}`, { cause });
  }
}
