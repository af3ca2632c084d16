import type { DataObject, DataValue } from "./scrape-config.ts";

/**
 * Settings without parts. `duration` and `bytes` are kept in their canonical text, `1m30s` and `10MiB`; `url` as Go
 * prints it after parsing, `urlText` as it was written.
 */
export type ScalarType =
  | "any"
  | "bool"
  | "bytes"
  | "duration"
  | "float"
  | "int"
  | "secret"
  | "string"
  | "uint"
  | "url"
  | "urlText";

/** What a setting may be. */
export type SettingType =
  | { readonly type: ScalarType }
  | { readonly type: "list"; readonly of: SettingType; readonly nullItems: "zero" | "problem" }
  | { readonly type: "map"; readonly of: SettingType }
  | { readonly type: "object"; readonly schema: Schema };

/** One key of a configuration section. */
export interface Field {
  readonly key: string;
  readonly type: SettingType;
  /** What an absent key means. Absent: the zero value of the type, or nothing for lists, maps and objects. */
  readonly default?: DataValue;
  /**
   * What makes the setting "not set", which differs from the zero value and is never rendered: nothing, an absent key,
   * or an absent key and null.
   */
  readonly unsetBy: "nothing" | "absence" | "null";
  /** Whether the key is rendered even when it is zero or not set. */
  readonly always: boolean;
}

/** Reports what is wrong with a setting: its key below the section, `""` for the section itself, and a sentence. */
export type Report = (key: string, problem: string) => void;

/** A configuration section: its keys, and what must hold between them. Unknown keys are ignored, as in Prometheus. */
export interface Schema {
  readonly fields: readonly Field[];
  /** Looks at decoded settings that have no problem yet; may return others in their place. */
  readonly check?: (settings: DataObject, report: Report) => DataObject;
}

/** A list; null items are zero values. */
export function listOf(of: SettingType): SettingType {
  return { type: "list", of, nullItems: "zero" };
}

/** A list in which null items are problems. */
export function strictListOf(schema: Schema): SettingType {
  return { type: "list", of: { type: "object", schema }, nullItems: "problem" };
}

/** Any keys, all values of one type. */
export function mapOf(of: SettingType): SettingType {
  return { type: "map", of };
}

/** A section of its own. */
export function section(schema: Schema): SettingType {
  return { type: "object", schema };
}

const NAMED_TYPES: ReadonlyMap<string, SettingType> = new Map<string, SettingType>([
  ...(["any", "bool", "bytes", "duration", "float", "int", "secret", "string", "uint", "url", "urlText"] as const).map(
    (type): [string, SettingType] => [type, { type }],
  ),
  ["strings", listOf({ type: "string" })],
  ["map", mapOf({ type: "string" })],
]);

/**
 * Reads a table of keys, one word each: the key, `!` when it is always rendered or `?` when only unless it is zero,
 * then optionally `:type` (string without it), `~` when an absent key or `*` when also null means "not set", and
 * `=default`. For example
 * `refresh_interval?:duration=1m port!:int=80 tags?:strings`.
 *
 * Fields come back sorted by key, so that what is decoded from them is in order from the start.
 *
 * @param types Types by name, besides the scalar types, `strings` (a list) and `map` (of strings).
 */
export function fieldsOf(table: string, types: Readonly<Record<string, SettingType>> = {}): readonly Field[] {
  return table
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => fieldOf(word, types))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

function fieldOf(word: string, types: Readonly<Record<string, SettingType>>): Field {
  const match = /^(?<key>\w+)(?<always>[!?])(?::(?<name>\w+))?(?<unset>[~*])?(?:=(?<value>.*))?$/.exec(word)?.groups;
  if (match === undefined) throw new TypeError(`no field: ${word}`);
  const name = match["name"] ?? "string";
  const type = types[name] ?? NAMED_TYPES.get(name);
  if (type === undefined) throw new TypeError(`no type: ${word}`);
  const field = {
    key: match["key"] ?? "",
    type,
    unsetBy: unsetBy(match["unset"]),
    always: match["always"] === "!",
  };
  const value = match["value"];
  return value === undefined ? field : { ...field, default: defaultOf(value, type) };
}

function unsetBy(mark: string | undefined): Field["unsetBy"] {
  if (mark === undefined) return "nothing";
  return mark === "*" ? "null" : "absence";
}

function defaultOf(text: string, { type }: SettingType): DataValue {
  if (type === "bool") return text === "true";
  return type === "int" || type === "uint" ? Number(text) : text;
}
