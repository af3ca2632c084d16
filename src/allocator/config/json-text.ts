import { compareBytewise } from "../labels/bytewise.ts";
import type { DataObject, DataValue } from "./scrape-config.ts";

/**
 * Everything that a YAML parser, which is what collectors read the answer with, does not take as it is, what Go escapes
 * in JSON, and halves of surrogate pairs. Whole pairs stay: an escaped pair is no character in YAML.
 */
const ESCAPED =
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  /["\\<>&\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

/**
 * A value as JSON that is YAML, too, and always the same bytes for the same value: keys in the order of their encoded
 * bytes, no white space, integers of any size exact.
 */
export function toJsonText(value: DataValue): string {
  if (typeof value === "string") return jsonString(value);
  if (typeof value === "number") return jsonNumber(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${(value as readonly DataValue[]).map((item) => toJsonText(item)).join(",")}]`;
  return jsonObject(value as DataObject);
}

function jsonObject(object: DataObject): string {
  let text = "";
  for (const key of inEncodedOrder(Object.keys(object))) {
    const value = object[key];
    if (value !== undefined) text += `${text === "" ? "" : ","}${jsonString(key)}:${toJsonText(value)}`;
  }
  return `{${text}}`;
}

/** Keys of letters, digits and underscores, which nearly all are, have the same order encoded or not. */
function inEncodedOrder(keys: readonly string[]): readonly string[] {
  return keys.every((key) => /^\w+$/.test(key)) ? keys.toSorted() : keys.toSorted(compareEncoded);
}

function compareEncoded(a: string, b: string): number {
  return compareBytewise(jsonString(a), jsonString(b));
}

/** Anything but the ASCII characters that stand for themselves. */
const NOT_PLAIN = /[^ !#-%'-;=?-[\]-~]/;

function jsonString(text: string): string {
  return NOT_PLAIN.test(text) ? `"${text.replaceAll(ESCAPED, escapeOf)}"` : `"${text}"`;
}

function escapeOf(character: string): string {
  const short = SHORT_ESCAPES.get(character);
  if (short !== undefined) return short;
  const code = character.charCodeAt(0);
  // Half a pair is no character; it becomes the replacement character, as in Go.
  const shown = code >= 0xd8_00 && code <= 0xdf_ff ? 0xff_fd : code;
  return `\\u${shown.toString(16).padStart(4, "0")}`;
}

/** As Go's encoder: an exponent has at least two digits. */
function jsonNumber(value: number): string {
  return String(value).replace(/e([+-])(\d)$/, "e$10$2");
}
