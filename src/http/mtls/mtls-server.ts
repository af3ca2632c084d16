import type { ServerOptions } from "node:http";
import { createServer, type Server } from "node:https";
import type { TLSSocket } from "node:tls";
import type { Logger } from "../../observability/logger.ts";
import { certificateNames, clientProblem } from "./client-certificate.ts";
import type { TlsCredentials } from "./tls-credentials.ts";

const MIN_VERSION = "TLSv1.2";

/** How long a client may take for its handshake, in milliseconds. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** An HTTPS server whose credentials can be replaced. */
export interface MtlsServer {
  readonly server: Server;
  /** New connections use the material that the credentials have now; open ones go on. */
  useNewMaterial(): void;
}

/**
 * An HTTPS server, TLS 1.2 or later, for clients with a certificate of the authorities in the CA file only. Everybody
 * else is turned away after the handshake, with the reason in the log.
 *
 * The handshake itself asks for a certificate and takes any, so that a refusal can be explained.
 */
export function createMtlsServer(limits: ServerOptions, credentials: TlsCredentials, log: Logger): MtlsServer {
  const server = createServer({
    ...limits,
    ...credentials.material,
    minVersion: MIN_VERSION,
    requestCert: true,
    rejectUnauthorized: false,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    ALPNProtocols: ["http/1.1"],
  });
  // Before the listener of HTTP, which would read a request.
  server.prependListener("secureConnection", (socket: TLSSocket) => {
    const problem = clientProblem(socket);
    if (problem === undefined) return;
    log.warn("an HTTPS client was turned away", {
      reason: problem,
      client: socket.remoteAddress ?? "",
      ...certificateNames(socket),
    });
    socket.destroy();
  });
  server.on("tlsClientError", (error, socket) => {
    // Port checks open a connection and close it again.
    if ((error as NodeJS.ErrnoException).code === "ECONNRESET") return;
    log.warn("a TLS handshake failed", { error, client: socket.remoteAddress ?? "" });
  });
  return {
    server,
    // A resumed session is not verified again. A new context has new keys for tickets, so none outlives the authorities.
    useNewMaterial: () => server.setSecureContext({ ...credentials.material, minVersion: MIN_VERSION }),
  };
}
