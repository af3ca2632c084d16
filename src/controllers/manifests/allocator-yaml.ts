import { compareBytewise, membersOf } from "./canonical-json.ts";
import { toGoNumber } from "./config-yaml.ts";

/**
 * Writes the allocator's configuration file the way the Go operator does (its emitter is gopkg.in/yaml.v2 2.4.0), to
 * the letter: the text is hashed, and another hash would restart the allocators of everybody who moves over.
 */

/** Plain and quoted texts are broken at the first space behind this column. */
const LINE_WIDTH = 80;

/** The value as a YAML document; the members of a Map stay in their order, those of other objects are sorted. */
export function toAllocatorYaml(value: unknown): string {
  return `${toNode(value, 0, 0)}\n`;
}

/** The value as it stands behind `column`; further lines of collections start at `indent`. */
function toNode(value: unknown, indent: number, column: number): string {
  if (isFilled(value)) return Array.isArray(value) ? toSequence(value, indent) : toMapping(value as object, indent);
  if (typeof value === "string") return toScalar(value, { indent: indent + 2, column });
  if (typeof value === "number") return toGoNumber(value);
  if (typeof value === "boolean") return String(value);
  if (value === null || value === undefined) return "null";
  return Array.isArray(value) ? "[]" : "{}";
}

function toMapping(value: object, indent: number): string {
  const members = membersOf(value);
  const ordered = value instanceof Map ? members : members.toSorted(([a], [b]) => compareKeys(a, b));
  return ordered.map(([key, member]) => toMember(key, member, indent)).join(newLine(indent));
}

function toMember(key: string, value: unknown, indent: number): string {
  const name = toScalar(key, undefined);
  // A sequence stands below its key, a mapping one level in.
  const inner = Array.isArray(value) ? indent : indent + 2;
  if (isFilled(value)) return `${name}:${newLine(inner)}${toNode(value, inner, inner)}`;
  return `${name}: ${toNode(value, indent, indent + name.length + 2)}`;
}

function toSequence(items: readonly unknown[], indent: number): string {
  const inner = indent + 2;
  return items.map((item) => `- ${toNode(item, isFilled(item) ? inner : indent, inner)}`).join(newLine(indent));
}

function newLine(indent: number): string {
  return `\n${" ".repeat(indent)}`;
}

function isFilled(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Array.isArray(value) ? value.length > 0 : membersOf(value).length > 0;
}

/** Where a scalar begins and where its further lines begin. */
interface Place {
  readonly indent: number;
  readonly column: number;
}

/** The text in the first of the styles plain, literal, single and double quotes that can hold it; keys on one line. */
function toScalar(text: string, place: Place | undefined): string {
  const allowed = allowedStyles(text);
  if (text.includes("\n")) {
    return allowed.block && place !== undefined ? toLiteral(text, place.indent) : toDoubleQuoted(text, place);
  }
  if (readsAsOther(text) || !allowed.single) return toDoubleQuoted(text, place);
  if (allowed.plain) return fold(text, place, 0);
  return `'${fold(text, place, 1, "'").slice(1)}`;
}

// What libyaml takes for printable; the rest, and everything beyond the basic plane, is escaped in double quotes.
const SPECIAL = /[^\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/;
const BLOCK_INDICATOR = /^(?:---|\.\.\.|[#,[\]{}&*!|>'"%@`]|[?:-](?=[ \t\n]|$))|:(?=[ \t\n]|$)|[ \t\n]#/;

interface Styles {
  readonly plain: boolean;
  readonly single: boolean;
  readonly block: boolean;
}

function allowedStyles(text: string): Styles {
  const unfit = / \n/.test(text) || SPECIAL.test(text);
  const edges = /^[ \n]|[ \n]$/.test(text);
  return {
    plain: !unfit && !edges && !BLOCK_INDICATOR.test(text),
    single: !unfit && !text.includes("\n "),
    block: !unfit && !text.endsWith(" "),
  };
}

const OTHER_WORD =
  /^(?:[yYnN~]|[yY]es|YES|[nN]o|NO|[tT]rue|TRUE|[fF]alse|FALSE|[oO]n|ON|[oO]ff|OFF|[nN]ull|NULL|\.nan|\.NaN|\.NAN|[-+]?\.(?:inf|Inf|INF)|<<|)$/;
const WHOLE = /^[-+]?(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|\d+)$/;
const FRACTION = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;
const BASE_60 = /^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/;
const MOMENT =
  /^\d{4}-\d{1,2}-\d{1,2}(?:[Tt]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)| \d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?)?$/;

/** True when the text without quotes would be read as something else than a text. */
function readsAsOther(text: string): boolean {
  if (OTHER_WORD.test(text) || BASE_60.test(text) || MOMENT.test(text)) return true;
  const digits = /^[-+\d]/.test(text) ? text.replaceAll("_", "") : text;
  return WHOLE.test(digits) || FRACTION.test(digits);
}

/**
 * Breaks the text at single spaces behind the line width; `opening` columns of a quote stand before and the quote
 * doubles.
 */
function fold(text: string, place: Place | undefined, opening: 0 | 1, quote = ""): string {
  let column = (place?.column ?? 0) + opening;
  let folded = quote;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (place !== undefined && column > LINE_WIDTH && isSingleSpace(text, at) && (opening === 0 || isInner(text, at))) {
      folded += newLine(place.indent);
      column = place.indent;
    } else {
      const written = character === quote ? quote + quote : character;
      folded += written;
      column += written.length;
    }
  }
  return folded + quote;
}

function isSingleSpace(text: string, at: number): boolean {
  return text[at] === " " && text[at - 1] !== " " && text[at + 1] !== " ";
}

function isInner(text: string, at: number): boolean {
  return at > 0 && at < text.length - 1;
}

function toLiteral(text: string, indent: number): string {
  const hint = /^[ \n]/.test(text) ? "2" : "";
  const chomp = !text.endsWith("\n") ? "-" : text === "\n" || text.endsWith("\n\n") ? "+" : "";
  const body = chomp === "-" ? text : text.slice(0, -1);
  const lines = body.split("\n").map((line) => (line === "" ? "" : " ".repeat(indent) + line));
  return `|${hint}${chomp}\n${lines.join("\n")}`;
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  "\0": "0",
  "\u0007": "a",
  "\b": "b",
  "\t": "t",
  "\n": "n",
  "\v": "v",
  "\f": "f",
  "\r": "r",
  "\u001b": "e",
  '"': '"',
  "\\": "\\",
  "\u0085": "N",
  "\u00a0": "_",
  "\u2028": "L",
  "\u2029": "P",
};

function toDoubleQuoted(text: string, place: Place | undefined): string {
  let column = (place?.column ?? 0) + 1;
  let quoted = '"';
  let afterSpace = false;
  let left = text.length;
  for (const character of text) {
    left -= character.length;
    const inner = left > 0 && left < text.length - character.length;
    if (character === " " && place !== undefined && !afterSpace && column > LINE_WIDTH && inner) {
      const next = text[text.length - left] === " " ? "\\" : "";
      quoted += newLine(place.indent) + next;
      column = place.indent + next.length;
    } else {
      const written = escape(character);
      quoted += written;
      column += written.length;
    }
    afterSpace = character === " ";
  }
  return `${quoted}"`;
}

function escape(character: string): string {
  const short = SHORT_ESCAPES[character];
  const escapedAlways = character === '"' || character === "\\" || character === "\n" || character === "\u2028";
  if (!SPECIAL.test(character) && !escapedAlways && character !== "\u2029") return character;
  if (short !== undefined) return `\\${short}`;
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  if (hex.length <= 2) return `\\x${hex.padStart(2, "0")}`;
  return hex.length <= 4 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

const LETTER = /\p{L}/u;
const DIGIT = /\p{Nd}/u;

/** yaml.v2's order of keys: letters behind all else, numbers within a key by their value. */
function compareKeys(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  const shared = Math.min(left.length, right.length);
  for (let at = 0; at < shared; at += 1) {
    const [x = "", y = ""] = [left[at], right[at]];
    if (x === y) continue;
    const [xLetter, yLetter] = [LETTER.test(x), LETTER.test(y)];
    if (xLetter !== yLetter) return xLetter ? 1 : -1;
    return (xLetter ? 0 : compareNumbers(left, right, at)) || compareBytewise(x, y);
  }
  return left.length - right.length;
}

/** Compares the runs of digits that begin at `at`; leading zeros count only behind another digit. */
function compareNumbers(left: readonly string[], right: readonly string[], at: number): number {
  const startsWithZero = left[at] === "0" || right[at] === "0";
  const behindNumber = startsWithZero && followsNonZeroDigit(left, at);
  const [x, y] = [digitsFrom(left, at), digitsFrom(right, at)];
  const head = behindNumber ? "1" : "";
  const byValue = Number(head + x || "0") - Number(head + y || "0");
  return byValue !== 0 ? byValue : x.length - y.length;
}

function followsNonZeroDigit(characters: readonly string[], at: number): boolean {
  for (let before = at - 1; before >= 0 && DIGIT.test(characters[before] ?? ""); before -= 1) {
    if (characters[before] !== "0") return true;
  }
  return false;
}

function digitsFrom(characters: readonly string[], at: number): string {
  let end = at;
  while (end < characters.length && DIGIT.test(characters[end] ?? "")) end += 1;
  return characters.slice(at, end).join("");
}
