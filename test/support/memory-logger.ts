import type { LogFields, Logger } from "../../src/observability/logger.ts";

export interface LogEntry {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  /** Those of the entry over those of its logger and its parents. */
  readonly fields: LogFields;
}

/** Keeps what is logged, for tests that promise an entry. Children write into the same list. */
export class MemoryLogger implements Logger {
  readonly entries: LogEntry[];
  readonly #fields: LogFields;

  constructor(fields: LogFields = {}, entries: LogEntry[] = []) {
    this.#fields = fields;
    this.entries = entries;
  }

  debug(message: string, fields?: LogFields): void {
    this.#write("debug", message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#write("info", message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#write("warn", message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#write("error", message, fields);
  }

  child(fields: LogFields): MemoryLogger {
    return new MemoryLogger({ ...this.#fields, ...fields }, this.entries);
  }

  /** The messages so far, in order; of one level if given. */
  messages(level?: LogEntry["level"]): string[] {
    return this.entries.filter((entry) => level === undefined || entry.level === level).map((entry) => entry.message);
  }

  #write(level: LogEntry["level"], message: string, fields?: LogFields): void {
    this.entries.push({ level, message, fields: { ...this.#fields, ...fields } });
  }
}
