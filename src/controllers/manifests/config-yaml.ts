import { membersOf } from "./canonical-json.ts";

/**
 * Writes a collector configuration the way the Go operator does (its emitter is github.com/goccy/go-yaml 1.19), to the
 * letter: tests and people compare the text of the ConfigMap. Where that emitter writes a text that reads back as
 * something else, this one quotes.
 */

export interface ConfigYamlOptions {
  /** Columns per level. */
  readonly indent: 2 | 4;
}

/** The value as a YAML document; the members of a Map stay in their order, those of other objects are sorted. */
export function toConfigYaml(value: unknown, { indent }: ConfigYamlOptions): string {
  const inline = toInline(value);
  if (inline !== undefined) return `${inline}\n`;
  return `${toLines(value, indent).join("\n")}\n`;
}

/** The lines of a non-empty map or list, from column 0. */
function toLines(value: unknown, indent: number): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => toItem(item, indent));
  return membersOf(value as object).flatMap(([key, member]) => toMember(key, member, indent));
}

function toMember(key: string, value: unknown, indent: number): readonly string[] {
  const name = toScalar(key);
  const inline = toInline(value);
  if (inline !== undefined) return [`${name}: ${inline}`];
  if (typeof value === "string") return toLiteral(`${name}: `, value, indent);
  return [`${name}:`, ...shift(toLines(value, indent), indent)];
}

function toItem(value: unknown, indent: number): readonly string[] {
  const inline = toInline(value);
  if (inline !== undefined) return [`- ${inline}`];
  if (typeof value === "string") return toLiteral("- ", value, indent);
  const [first = "", ...rest] = toLines(value, indent);
  return [`- ${first}`, ...shift(rest, 2)];
}

function shift(lines: readonly string[], columns: number): readonly string[] {
  const margin = " ".repeat(columns);
  return lines.map((line) => (line === "" ? line : margin + line));
}

/** The value in one line, or undefined for what takes several. */
function toInline(value: unknown): string | undefined {
  if (typeof value === "string") return isBlock(value) ? undefined : toScalar(value);
  if (typeof value === "number") return toGoNumber(value);
  if (typeof value === "boolean") return String(value);
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return value.length === 0 ? "[]" : undefined;
  return membersOf(value).length === 0 ? "{}" : undefined;
}

/** Several lines stand as they are, unless something in them asks for quotes or would be taken for indentation. */
function isBlock(text: string): boolean {
  return text.includes("\n") && !needsQuotes(text) && /^\n*[^\n\t ]/.test(text);
}

function toLiteral(prefix: string, text: string, indent: number): readonly string[] {
  const chomp = text.endsWith("\n\n") ? "+" : text.endsWith("\n") ? "" : "-";
  const body = (chomp === "-" ? text : text.slice(0, -1)).split("\n");
  return [`${prefix}|${chomp}`, ...shift(body, indent)];
}

function toScalar(text: string): string {
  return needsQuotes(text) || text.includes("\n") ? quote(text) : text;
}

/** Control characters but tab and line break, byte order marks, halves of surrogate pairs. */
const UNPRINTABLE = /(?![\t\n])[\p{Cc}\p{Cs}\ufeff]/u;
const RESERVED = /^(?:null|Null|NULL|~|[tT]rue|TRUE|[fF]alse|FALSE|[yYnN]|[yY]es|YES|[nN]o|NO|[oO]n|ON|[oO]ff|OFF|<<)$/;
const NUMBER_LIKE =
  /^[-+]?(?:0[xob][0-9a-fA-F_]+|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|\.[0-9_]+(?:[eE][-+]?[0-9]+)?|\.(?:inf|Inf|INF))$|^\.(?:nan|NaN|NAN)$/;
const TIME_LIKE =
  /^(?:[01]?\d|2[0-3]):[0-5]?\d$|^\d{4}-\d\d-\d\d(?:[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)| \d\d:\d\d:\d\d)?$/;
const QUOTED_START = /^[\t*&[{}\],!|>%'"@ `]|^[-?]$|^[-?:][ \t]/;
const QUOTED_ANYWHERE = /\t$|[#\\]|[:-][ \t]|[: ]$/;

function needsQuotes(text: string): boolean {
  return (
    text === "" ||
    RESERVED.test(text) ||
    NUMBER_LIKE.test(text) ||
    TIME_LIKE.test(text) ||
    QUOTED_START.test(text) ||
    QUOTED_ANYWHERE.test(text) ||
    UNPRINTABLE.test(text)
  );
}

const ESCAPED = /["\\]|(?! )[\p{Z}\p{C}]/gu;
const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\u0007": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

function quote(text: string): string {
  return `"${text.replaceAll(ESCAPED, escape)}"`;
}

function escape(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  const numeric = hex.length <= 2 && hex < "80" ? `\\x${hex.padStart(2, "0")}` : `\\u${hex.padStart(4, "0")}`;
  return SHORT_ESCAPES[character] ?? (hex.length <= 4 ? numeric : `\\U${hex.padStart(8, "0")}`);
}

/**
 * A number as Go's shortest form: whole numbers without a point, an exponent of at least two digits outside
 * 1e-4 … 1e21.
 */
export function toGoNumber(value: number): string {
  const magnitude = Math.abs(value);
  const exponential = magnitude !== 0 && (magnitude < 1e-4 || (!Number.isInteger(value) && magnitude >= 1e6));
  const digits = exponential ? value.toExponential() : String(value);
  return digits.replace(/e([-+])(\d)$/, "e$10$2");
}
