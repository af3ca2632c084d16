import { choiceFlag, type FlagValues, parsedFlag, stringFlag, switchFlag } from "./flags.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogEncoding = "json" | "console";
export type TimeEncoding = "epoch" | "millis" | "nanos" | "iso8601" | "rfc3339" | "rfc3339nano";

/** How a process writes its log, to stderr. */
export interface LoggingOptions {
  /** The least that is written. */
  readonly level: LogLevel;
  readonly encoding: LogEncoding;
  readonly time: TimeEncoding;
  /** Names of what every entry has, in JSON. */
  readonly keys: { readonly level: string; readonly time: string; readonly message: string };
  readonly levelFormat: LevelFormat;
}

type LevelFormat = "lowercase" | "uppercase";

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

/** Flags and variables of the Go operator for the form of its log, whose defaults are others than those of its allocator. */
export const LOG_FORM_FLAGS = {
  zapMessageKey: stringFlag("zap-message-key", {
    help: "Key of the message in JSON",
    fallback: "msg",
    env: "ZAP_MESSAGE_KEY",
    fileKey: "zap.message-key",
  }),
  zapLevelKey: stringFlag("zap-level-key", {
    help: "Key of the level in JSON",
    fallback: "level",
    env: "ZAP_LEVEL_KEY",
    fileKey: "zap.level-key",
  }),
  zapTimeKey: stringFlag("zap-time-key", {
    help: "Key of the time in JSON",
    fallback: "ts",
    env: "ZAP_TIME_KEY",
    fileKey: "zap.time-key",
  }),
  zapLevelFormat: choiceFlag<LevelFormat>("zap-level-format", ["lowercase", "uppercase"], {
    help: "How levels are written in JSON",
    fallback: "lowercase",
    env: "ZAP_LEVEL_FORMAT",
    fileKey: "zap.level-format",
  }),
};

/** What the flags together mean. */
export function resolveLoggingOptions(
  values: FlagValues<typeof LOGGING_FLAGS> & Partial<FlagValues<typeof LOG_FORM_FLAGS>>,
): LoggingOptions {
  const { zapDevel, zapEncoder, zapLogLevel, zapTimeEncoding } = values;
  const { zapMessageKey = "msg", zapLevelKey = "level", zapTimeKey = "ts", zapLevelFormat = "lowercase" } = values;
  return Object.freeze({
    level: zapLogLevel === "" ? (zapDevel ? "debug" : "info") : zapLogLevel,
    encoding: zapEncoder === "" ? (zapDevel ? "console" : "json") : zapEncoder,
    time: zapTimeEncoding,
    keys: { level: zapLevelKey, time: zapTimeKey, message: zapMessageKey },
    levelFormat: zapLevelFormat,
  });
}

function readLevel(text: string): LogLevel {
  const level = /^[1-9]\d*$/.test(text) ? "debug" : LEVELS[text];
  if (level === undefined) throw new Error("must be debug, info, warn, error, panic or a number above 0");
  return level;
}
