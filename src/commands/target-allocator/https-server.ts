import { readFile } from "node:fs/promises";
import { watchDirectory } from "../../discovery/file/directory-watches.ts";
import { createMtlsServer, type MtlsServer } from "../../http/mtls/mtls-server.ts";
import { TlsCredentials, type TlsFiles } from "../../http/mtls/tls-credentials.ts";
import type { Clock } from "../../observability/clock.ts";
import type { Logger } from "../../observability/logger.ts";
import type { HttpsSettings } from "../../options/target-allocator-file.ts";
import type { Actor } from "../run-group.ts";
import { serving, type ServingOptions } from "../serving.ts";
import { followFile } from "./followed-file.ts";

/** What the HTTPS server needs besides its settings. */
export interface HttpsServerOptions extends Pick<ServingOptions, "app" | "setBy" | "log"> {
  readonly clock: Clock;
}

/**
 * The actors that serve HTTPS to clients with a certificate, and follow the files of its own; none when it is not
 * enabled. Rejects with an error of code TLS_FILES when the files cannot be used: later on, such files leave the former
 * ones in force.
 */
export async function httpsServer(
  { enabled, listen, caFilePath, tlsCertFilePath, tlsKeyFilePath }: HttpsSettings,
  options: HttpsServerOptions,
): Promise<Readonly<Record<string, Actor>>> {
  if (!enabled) return {};
  const { log, clock } = options;
  const files = { ca: caFilePath, cert: tlsCertFilePath, key: tlsKeyFilePath };
  const credentials = new TlsCredentials(files, readText);
  await credentials.refresh();
  let server: MtlsServer | undefined;
  return {
    "HTTPS server": serving({
      ...options,
      listen,
      what: "HTTPS to clients with a certificate",
      create: (limits) => {
        server = createMtlsServer(limits, credentials, log);
        return server.server;
      },
    }),
    certificates: async (stop) =>
      followCredentials({ files, credentials, clock, log, onNew: () => server?.useNewMaterial() }, stop),
  };
}

interface FollowedCredentials {
  readonly files: TlsFiles;
  readonly credentials: TlsCredentials;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onNew: () => void;
}

async function followCredentials(followed: FollowedCredentials, signal: AbortSignal): Promise<void> {
  const { files, credentials, clock, log, onNew } = followed;
  const refresh = async (): Promise<void> => {
    try {
      if (!(await credentials.refresh())) return;
      onNew();
      log.info("the certificate, key or CA of the HTTPS server was replaced", { ...files });
    } catch (error) {
      log.error("the new files of the HTTPS server cannot be used; the former ones stay in force", { error });
    }
  };
  // One after the other: certificate and key are replaced together, and only the last look sees both.
  let looks = Promise.resolve();
  const look = (): void => void (looks = looks.then(refresh));
  const { ca, cert, key } = credentials.material;
  const texts = { [files.ca]: ca, [files.cert]: cert, [files.key]: key };
  await Promise.all(
    Object.entries(texts).map(async ([path, text]) =>
      followFile({ path, text, watchDirectory, clock, onText: look, onUnreadable: look }, signal),
    ),
  );
  await looks;
}

async function readText(path: string): Promise<string> {
  return readFile(path, "utf8");
}
