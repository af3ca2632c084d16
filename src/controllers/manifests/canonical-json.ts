import { createHash } from "node:crypto";

/** Orders texts as their UTF-8 bytes stand, which is how Go sorts keys. */
export function compareBytewise(a: string, b: string): number {
  for (let at = 0; at < a.length && at < b.length; at += 1) {
    const [left, right] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (left !== right) return isSurrogate(left) === isSurrogate(right) ? left - right : isSurrogate(left) ? 1 : -1;
  }
  return a.length - b.length;
}

/** A surrogate stands for a code point behind all others, though its own number is smaller than some. */
function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

/**
 * The members of an object in the order in which they are written: a Map keeps its own, anything else is sorted. What is
 * undefined is left out.
 */
export function membersOf(value: object): readonly (readonly [string, unknown])[] {
  const entries = value instanceof Map ? [...(value as ReadonlyMap<string, unknown>)] : sortedEntries(value);
  return entries.filter(([, member]) => member !== undefined);
}

function sortedEntries(value: object): [string, unknown][] {
  return Object.entries(value).toSorted(([a], [b]) => compareBytewise(a, b));
}

const ESCAPED_BY_GO = /[<>&\u2028\u2029]/g;

/** JSON as Go's encoding/json writes it; members as {@link membersOf} orders them. */
export function toGoJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toGoJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    return `{${membersOf(value)
      .map(([key, member]) => `${toGoText(key)}:${toGoJson(member)}`)
      .join(",")}}`;
  }
  return typeof value === "string" ? toGoText(value) : JSON.stringify(value ?? null);
}

function toGoText(text: string): string {
  return JSON.stringify(text).replaceAll(
    ESCAPED_BY_GO,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Hex SHA-256 of a text. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Equal for two values that hold the same, in whatever order of keys. */
export function contentHash(value: unknown): string {
  return sha256(toGoJson(value));
}
