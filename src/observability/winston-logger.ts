import type { Writable } from "node:stream";
import { createLogger, format, transports, type Logger as Winston } from "winston";
import type { Clock } from "./clock.ts";
import { type EntryForm, toConsoleLine, toJsonLine, type LogLevel } from "./log-entry.ts";
import type { LogFields, Logger } from "./logger.ts";

export interface WinstonLoggerOptions extends Partial<EntryForm> {
  readonly clock: Clock;
  /** The least that is written. @default "info" */
  readonly level?: LogLevel;
  /** One JSON object per line, or lines for people. @default "json" */
  readonly encoding?: "json" | "console";
  /** @default process.stderr */
  readonly stream?: Writable;
}

/** Gravest first, as winston wants it. */
const LEVELS: Readonly<Record<LogLevel, number>> = Object.freeze({ error: 0, warn: 1, info: 2, debug: 3 });

/** The log of a process. */
export function createWinstonLogger(options: WinstonLoggerOptions): Logger {
  const { clock, level = "info", encoding = "json", stream = process.stderr } = options;
  const form = { ...options, time: options.time ?? "rfc3339" };
  const toLine = encoding === "json" ? toJsonLine : toConsoleLine;
  const winston = createLogger({
    levels: LEVELS,
    level,
    format: format.printf((info) => toLine(info as unknown as Parameters<typeof toLine>[0], form)),
    transports: [new transports.Stream({ stream, eol: "\n" })],
  });
  return new WinstonLogger(winston, clock, {});
}

/** {@link Logger} on winston. */
class WinstonLogger implements Logger {
  readonly #winston: Winston;
  readonly #clock: Clock;
  readonly #fields: LogFields;

  constructor(winston: Winston, clock: Clock, fields: LogFields) {
    this.#winston = winston;
    this.#clock = clock;
    this.#fields = fields;
  }

  debug(message: string, fields?: LogFields): void {
    this.#log("debug", message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#log("info", message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#log("warn", message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#log("error", message, fields);
  }

  child(fields: LogFields): Logger {
    return new WinstonLogger(this.#winston, this.#clock, { ...this.#fields, ...fields });
  }

  #log(level: LogLevel, message: string, fields: LogFields | undefined): void {
    // Winston would format the entry before it drops it.
    if (!this.#winston.isLevelEnabled(level)) return;
    // Fields stand apart: winston changes a `message` or `splat` among them.
    this.#winston.log({ level, message, at: this.#clock.now(), fields: { ...this.#fields, ...fields } });
  }
}
