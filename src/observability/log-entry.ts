import { errorCode, errorMessage, errorStack } from "./error-text.ts";
import type { LogFields } from "./logger.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** How the time of an entry is written, in the words of the Go programs' flags. All in UTC. */
export type TimeEncoding = "epoch" | "millis" | "nanos" | "iso8601" | "rfc3339" | "rfc3339nano";

/** One entry, before it is written. */
export interface LogEntry {
  readonly level: LogLevel;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly message: string;
  /** `logger` names the part of the program; an Error under `error` is written with its causes. */
  readonly fields: LogFields;
}

/** What entries look like. */
export interface EntryForm {
  readonly time: TimeEncoding;
  /** Names of what every entry has, in JSON. @default level, ts, msg */
  readonly keys?: { readonly level: string; readonly time: string; readonly message: string };
  /** How the level is written in JSON. @default "lowercase" */
  readonly levelFormat?: "lowercase" | "uppercase";
}

const USUAL_KEYS = Object.freeze({ level: "level", time: "ts", message: "msg" });

/**
 * One JSON object on one line: `level`, `ts`, `logger`, `msg`, the fields, and for errors `error`, `errorCode` and, at
 * level error, `stacktrace`. A field that is called as one of these gets an underscore. Never throws: what JSON cannot
 * hold is described.
 */
export function toJsonLine(
  { level, at, message, fields }: LogEntry,
  { time, keys = USUAL_KEYS, levelFormat }: EntryForm,
): string {
  const { logger, ...rest } = fields;
  const members = [
    `${JSON.stringify(keys.level)}:${JSON.stringify(levelFormat === "uppercase" ? level.toUpperCase() : level)}`,
    `${JSON.stringify(keys.time)}:${toTimestamp(at, time)}`,
    ...(logger === undefined ? [] : [`"logger":${toJson(logger)}`]),
    `${JSON.stringify(keys.message)}:${JSON.stringify(message)}`,
    ...membersOf(rest, level, Object.values(keys)),
  ];
  return `{${members.join(",")}}`;
}

/** For people: time, level, logger, message and fields separated by tabs; stack traces on lines of their own. */
export function toConsoleLine({ level, at, message, fields }: LogEntry, { time }: EntryForm): string {
  const { logger, error, ...rest } = fields;
  const members = [...membersOf(rest, level), ...(error === undefined ? [] : membersOf({ error }, "info"))];
  const stack = level === "error" ? errorStack(error) : undefined;
  const columns = [
    toTimestamp(at, time).replaceAll('"', ""),
    level.toUpperCase(),
    ...(logger === undefined ? [] : [typeof logger === "string" ? logger : toJson(logger)]),
    message,
    ...(members.length === 0 ? [] : [`{${members.join(", ")}}`]),
  ];
  return columns.join("\t") + (stack === undefined ? "" : `\n${stack}`);
}

/** The members of a JSON object. */
function membersOf(fields: LogFields, level: LogLevel, taken: readonly string[] = Object.values(USUAL_KEYS)): string[] {
  const reserved = new Set([...taken, "stacktrace"]);
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .flatMap(([key, value]) => {
      if (key === "error" && value instanceof Error) return errorMembers(value, level);
      return [`${JSON.stringify(reserved.has(key) ? `${key}_` : key)}:${toJson(value)}`];
    });
}

function errorMembers(error: Error, level: LogLevel): string[] {
  const code = errorCode(error);
  const stack = level === "error" ? errorStack(error) : undefined;
  return [
    `"error":${JSON.stringify(errorMessage(error))}`,
    ...(code === undefined ? [] : [`"errorCode":${JSON.stringify(code)}`]),
    ...(stack === undefined ? [] : [`"stacktrace":${JSON.stringify(stack)}`]),
  ];
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value, describe) ?? JSON.stringify(String(value));
  } catch (error) {
    return JSON.stringify(`cannot be logged: ${errorMessage(error)}`);
  }
}

/** What JSON would lose or refuse. */
function describe(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Error) return errorMessage(value);
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set) return [...value];
  return value;
}

/** As JSON. */
function toTimestamp(at: number, time: TimeEncoding): string {
  const iso = new Date(at).toISOString();
  switch (time) {
    case "epoch":
      return String(at / 1_000);
    case "millis":
      return String(at);
    case "nanos":
      return `${Math.floor(at)}000000`; // as text: it is more than a number holds exactly
    case "iso8601":
      return `"${iso}"`;
    case "rfc3339":
      return `"${iso.replace(/\.\d+Z$/, "Z")}"`;
    case "rfc3339nano":
      return `"${iso.replace(/\.?0*Z$/, "Z")}"`;
  }
}
