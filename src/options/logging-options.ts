import { choiceFlag, type FlagValues, parsedFlag, switchFlag } from "./flags.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogEncoding = "json" | "console";
export type TimeEncoding = "epoch" | "millis" | "nanos" | "iso8601" | "rfc3339" | "rfc3339nano";

/** How a process writes its log, to stderr. */
export interface LoggingOptions {
  /** The least that is written. */
  readonly level: LogLevel;
  readonly encoding: LogEncoding;
  readonly time: TimeEncoding;
}

const TIME_ENCODINGS: readonly TimeEncoding[] = ["epoch", "millis", "nanos", "iso8601", "rfc3339", "rfc3339nano"];
const STACKTRACE_LEVELS = ["info", "error", "panic"] as const;

/** The words of the operator's flags; "panic" leaves errors, because nothing here is graver. */
const LEVELS: Readonly<Record<string, LogLevel>> = {
  debug: "debug",
  info: "info",
  warn: "warn",
  error: "error",
  panic: "error",
};

/** Flags of every command that logs: those of the Go programs. */
export const LOGGING_FLAGS = {
  zapDevel: switchFlag("zap-devel", { help: "Log for a developer: console form, level debug", fallback: false }),
  zapEncoder: choiceFlag<LogEncoding | "">("zap-encoder", ["json", "console"], {
    help: "Form of log entries; json unless --zap-devel",
    fallback: "",
  }),
  zapLogLevel: parsedFlag<LogLevel | "">("zap-log-level", readLevel, {
    help: "Least level that is logged: debug, info, warn, error, panic, or a number above 0 for debug",
    fallback: "",
    placeholder: "level",
  }),
  zapStacktraceLevel: choiceFlag<(typeof STACKTRACE_LEVELS)[number]>("zap-stacktrace-level", STACKTRACE_LEVELS, {
    help: "Accepted for compatibility: errors are always logged with their causes",
    fallback: "error",
  }),
  zapTimeEncoding: choiceFlag<TimeEncoding>("zap-time-encoding", TIME_ENCODINGS, {
    help: "Form of the time in log entries",
    fallback: "rfc3339",
  }),
};

/** What the flags together mean. */
export function resolveLoggingOptions(values: FlagValues<typeof LOGGING_FLAGS>): LoggingOptions {
  const { zapDevel, zapEncoder, zapLogLevel, zapTimeEncoding } = values;
  return Object.freeze({
    level: zapLogLevel === "" ? (zapDevel ? "debug" : "info") : zapLogLevel,
    encoding: zapEncoder === "" ? (zapDevel ? "console" : "json") : zapEncoder,
    time: zapTimeEncoding,
  });
}

function readLevel(text: string): LogLevel {
  const level = /^[1-9]\d*$/.test(text) ? "debug" : LEVELS[text];
  if (level === undefined) throw new Error("must be debug, info, warn, error, panic or a number above 0");
  return level;
}
