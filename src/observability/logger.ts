/** Fields of a log entry. Keys are camelCase; an Error under `error` is written with its causes. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Structured logging: a short constant message and fields. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger whose entries carry these fields too. */
  child(fields: LogFields): Logger;
}
