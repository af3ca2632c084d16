import type { RequestListener } from "node:http";
import { serve, type ServeOptions } from "../http/server.ts";
import type { Logger } from "../observability/logger.ts";
import type { ListenAddress } from "../options/listen-address.ts";
import type { Actor } from "./run-group.ts";

/** How long requests are still taken after the stop, until clients have seen that readiness is gone. */
const LINGER_MS = 500;

export interface ServingOptions extends Pick<ServeOptions, "create"> {
  readonly listen: ListenAddress;
  /** What chooses the address, for the error message. */
  readonly setBy: string;
  /** What is served, for the log. */
  readonly what: string;
  readonly log: Logger;
  /** Makes the application; the signal tells it that the process stops. */
  readonly app: (stopping: AbortSignal) => RequestListener;
}

/** A server that stands and falls with the process. */
export function serving({ listen, what, log, app, ...options }: ServingOptions): Actor {
  const onListening = ({ port }: { readonly port: number }): void =>
    log.info(`serving ${what}`, { host: listen.host ?? "all interfaces", port });
  return async (stopping) =>
    serve(app(stopping), { ...listen, ...options, lingerMs: LINGER_MS, onListening }, stopping);
}
