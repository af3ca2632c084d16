import { STATUS_TEXTS } from "./protocol.ts";

/** ZooKeeper does not do what it was asked for, or cannot be reached. */
export class ZooKeeperError extends Error {
  readonly code = "ZOOKEEPER";
  override readonly name = "ZooKeeperError";
  /** What the server says of the request; undefined when the connection is of no use any more. */
  readonly status: number | undefined;

  constructor(message: string, options: ErrorOptions & { readonly status?: number } = {}) {
    super(message, options);
    this.status = options.status;
  }
}

/** A refusal in words. */
export function refusal(attempt: string, status: number): ZooKeeperError {
  const text = STATUS_TEXTS[status] ?? "refused";
  return new ZooKeeperError(`${attempt}: ${text} (error ${String(status)})`, { status });
}
