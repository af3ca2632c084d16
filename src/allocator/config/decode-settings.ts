import { formatByteSize, parseByteSize } from "./byte-size.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import { goNumberText, numberOfExponentText } from "./scalar-text.ts";
import type { DataObject, DataValue } from "./scrape-config.ts";
import type { Field, ScalarType, Schema, SettingType } from "./setting-schema.ts";
import { normalizedUrl } from "./url.ts";

/** A place in a configuration where problems are found. */
export class Place {
  readonly #path: string;
  readonly #problems: string[];

  /**
   * @param path Where it is, as people write it: `scrape_configs[2].basic_auth`.
   * @param problems Where problems go, each as one sentence that begins with its place.
   */
  constructor(path: string, problems: string[]) {
    this.#path = path;
    this.#problems = problems;
  }

  /** The place of a key (`"name"`) or an index (`"[2]"`) below this one; `""` is this place. */
  below(key: string): Place {
    const separator = key === "" || key.startsWith("[") ? "" : ".";
    return new Place(this.#path + separator + key, this.#problems);
  }

  report(problem: string): void {
    this.#problems.push(`${this.#path}: ${problem}`);
  }

  /** How many problems were found so far, here and elsewhere. */
  get problemCount(): number {
    return this.#problems.length;
  }
}

const MAX_INT = 2n ** 63n - 1n;
const MAX_UINT = 2n ** 64n - 1n;

/** Why a value is none of its type. */
class SettingError extends Error {}

/**
 * Decodes a section with Prometheus' rules: defaults for absent keys, null for the zero value even where the default
 * is another one, scalars taken as text wherever text is wanted. Problems are reported; a setting with a problem has
 * its default in the result. Every scalar that cannot be unset is present in the result.
 */
export function decodeSettings(schema: Schema, raw: DataValue, place: Place): DataObject {
  if (!isObject(raw)) {
    place.report(`must be a mapping, not ${kindOf(raw)}`);
    return defaultsOf(schema);
  }
  const problemCount = place.problemCount;
  const settings: Record<string, DataValue | undefined> = {};
  for (const field of schema.fields) {
    const value = decodeField(field, raw[field.key], place);
    if (value !== undefined) settings[field.key] = value;
  }
  if (schema.check === undefined || place.problemCount > problemCount) return settings;
  return schema.check(settings, (key, problem) => place.below(key).report(problem));
}

/** A section in which no key is given. */
export function defaultsOf(schema: Schema): DataObject {
  const settings: Record<string, DataValue> = {};
  for (const field of schema.fields) {
    const value = absentValue(field);
    if (value !== undefined) settings[field.key] = value;
  }
  return settings;
}

function decodeField(field: Field, raw: DataValue | undefined, place: Place): DataValue | undefined {
  if (raw === undefined) return absentValue(field);
  if (raw === null) return field.unsetBy === "null" ? undefined : zeroOf(field.type);
  return decodeValue(field.type, raw, place.below(field.key)) ?? absentValue(field);
}

function absentValue(field: Field): DataValue | undefined {
  if (field.default !== undefined) return field.default;
  return field.unsetBy !== "nothing" || field.type.type === "object" ? undefined : zeroOf(field.type);
}

const SCALAR_ZEROS: ReadonlyMap<string, DataValue> = new Map<string, DataValue>([
  ["string", ""],
  ["secret", ""],
  ["urlText", ""],
  ["bool", false],
  ["int", 0],
  ["uint", 0],
  ["float", 0],
  ["duration", "0s"],
  ["bytes", "0B"],
]);

/** What null stands for; undefined when it means "not set". */
function zeroOf(type: SettingType): DataValue | undefined {
  return type.type === "object" ? zeroSection(type.schema) : SCALAR_ZEROS.get(type.type);
}

function zeroSection(schema: Schema): DataObject {
  const settings: Record<string, DataValue> = {};
  for (const { key, type, unsetBy } of schema.fields) {
    const zero = unsetBy === "null" ? undefined : zeroOf(type);
    if (zero !== undefined) settings[key] = zero;
  }
  return settings;
}

function decodeValue(type: SettingType, raw: DataValue, place: Place): DataValue | undefined {
  if (type.type === "object") return decodeSettings(type.schema, raw, place);
  if (type.type === "list") return decodeList(type, raw, place);
  if (type.type === "map") return decodeMap(type.of, raw, place);
  try {
    return SCALARS[type.type](raw);
  } catch (error) {
    if (!(error instanceof SettingError)) throw error;
    place.report(error.message);
    return undefined;
  }
}

function decodeList(
  type: SettingType & { readonly type: "list" },
  raw: DataValue,
  place: Place,
): DataValue | undefined {
  if (!isList(raw)) {
    place.report(`must be a list, not ${kindOf(raw)}`);
    return undefined;
  }
  return raw.map((item, index) => {
    const at = place.below(`[${String(index)}]`);
    if (item === null && type.nullItems === "problem") at.report("is empty; remove the entry or fill it");
    // An item with a problem is a zero value, too: checks look at lists whose items have the type that they declare.
    return (item === null ? undefined : decodeValue(type.of, item, at)) ?? zeroOf(type.of) ?? null;
  });
}

function decodeMap(type: SettingType, raw: DataValue, place: Place): DataObject | undefined {
  if (!isObject(raw)) {
    place.report(`must be a mapping, not ${kindOf(raw)}`);
    return undefined;
  }
  const entries = Object.entries(raw as Readonly<Record<string, DataValue>>).map(
    ([key, value]): [string, DataValue] => {
      const decoded = value === null ? undefined : decodeValue(type, value, place.below(key));
      return [key, decoded ?? zeroOf(type) ?? null];
    },
  );
  return Object.fromEntries(entries);
}

const SCALARS: Readonly<Record<ScalarType, (raw: DataValue) => DataValue>> = {
  any: (raw) => {
    if (isFiniteThroughout(raw)) return raw;
    throw new SettingError("has a number without a finite value (.inf or .nan) in it, which JSON cannot express");
  },
  string: textOf,
  secret: textOf,
  urlText: textOf,
  bool: (raw) => {
    if (typeof raw === "boolean") return raw;
    throw new SettingError(`must be true or false, not ${nameOf(raw)}${quotesHint(raw, /^(?:true|false)$/)}`);
  },
  int: (raw) => wholeNumberOf(raw, MAX_INT),
  uint: (raw) => {
    const value = wholeNumberOf(raw, MAX_UINT);
    if (value >= 0) return value;
    throw new SettingError(`must not be negative, but is ${nameOf(raw)}`);
  },
  float: numberOf,
  duration: (raw) => {
    const text = textOf(raw);
    const durationMs = parseDuration(text);
    if (durationMs !== undefined) return formatDuration(durationMs);
    throw new SettingError(`${JSON.stringify(text)} is no duration; write for example 30s or 1h30m`);
  },
  bytes: (raw) => {
    const text = textOf(raw);
    const size = parseByteSize(text);
    if (size !== undefined) return formatByteSize(size);
    throw new SettingError(`${JSON.stringify(text)} is no size; write for example 10MB`);
  },
  url: (raw) => {
    const text = textOf(raw);
    const url = normalizedUrl(text);
    if (typeof url === "string") return url;
    throw new SettingError(`is no URL: ${url.problem}`);
  },
};

function textOf(raw: DataValue): string {
  if (typeof raw === "string") return raw;
  if (typeof raw === "number" || typeof raw === "bigint") return goNumberText(raw);
  if (typeof raw === "boolean") return String(raw);
  throw new SettingError(`must be a text, not ${nameOf(raw)}`);
}

function numberOf(raw: DataValue): number {
  const value = typeof raw === "string" ? numberOfExponentText(raw) : raw;
  if (typeof value === "bigint" || Number.isFinite(value)) return Number(value);
  throw new SettingError(`must be a number, not ${nameOf(raw)}${quotesHint(raw, /^-?\d+(?:\.\d+)?$/)}`);
}

/** Jobs are served as JSON, which has no infinite numbers and no NaN: one of them would make all jobs unreadable. */
function isFiniteThroughout(raw: DataValue): boolean {
  if (typeof raw === "number") return Number.isFinite(raw);
  if (typeof raw !== "object" || raw === null) return true;
  return Object.values(raw as Readonly<Record<string, DataValue>>).every(isFiniteThroughout);
}

/** A fraction is cut off, as Go does. */
function wholeNumberOf(raw: DataValue, max: bigint): number | bigint {
  const value = typeof raw === "bigint" ? raw : Math.trunc(numberOf(raw));
  if (value > max || value < -max) throw new SettingError(`is out of range: ${nameOf(raw)}`);
  return typeof value === "bigint" || Number.isSafeInteger(value) ? value : BigInt(value);
}

/** Whether a value is a mapping. */
export function isObject(raw: DataValue | undefined): raw is DataObject {
  return typeof raw === "object" && raw !== null && !Array.isArray(raw);
}

/** Whether a value is a list. */
export function isList(raw: DataValue | undefined): raw is readonly DataValue[] {
  return Array.isArray(raw);
}

/** What to do where a text would be right if it were none. */
function quotesHint(raw: DataValue, right: RegExp): string {
  return typeof raw === "string" && right.test(raw) ? "; write it without quotes" : "";
}

/** A value as a sentence names it where a scalar is wanted. */
function nameOf(raw: DataValue): string {
  if (typeof raw === "string") return JSON.stringify(raw);
  if (typeof raw === "number") return goNumberText(raw);
  return typeof raw === "object" ? kindOf(raw) : String(raw);
}

/** What a value is, without showing it: a text where a section is wanted is likely to be a password. */
export function kindOf(raw: DataValue): string {
  if (raw === null) return "nothing";
  if (typeof raw === "object") return isList(raw) ? "a list" : "a mapping";
  return typeof raw === "string" ? "a text" : "a single value";
}
