import type { Match } from "./regexp/regexp.ts";

/** A text with references to groups of a match, read once and expanded often. */
export interface Template {
  /** The text itself when it refers to nothing. */
  readonly literal: string | undefined;
  expand(match: Match): string;
}

/** Text, the number of a group, or the numbers of all groups of one name. */
type Part = string | number | readonly number[];

/**
 * Reads a template in the syntax of Go's Regexp.Expand: `$1`, `${1}`, `$name`, `${name}`, `$$` for a dollar sign. A
 * name is as long as letters, digits and underscores go; unknown groups and those that took no part are empty; a
 * dollar sign before anything else is itself.
 *
 * @param groupNames The names of the groups by index. Of several with one name the first that took part counts.
 * @see https://pkg.go.dev/regexp#Regexp.Expand
 */
export function compileTemplate(text: string, groupNames: readonly string[]): Template {
  const parts = readParts(text, groupNames);
  if (parts.every((part) => typeof part === "string")) {
    const literal = parts.join("");
    return { literal, expand: () => literal };
  }
  const [only] = parts;
  if (parts.length === 1 && typeof only === "number")
    return { literal: undefined, expand: (match) => match[only] ?? "" };
  return { literal: undefined, expand: (match) => expandParts(parts, match) };
}

function expandParts(parts: readonly Part[], match: Match): string {
  let text = "";
  for (const part of parts) text += expandPart(part, match);
  return text;
}

function expandPart(part: Part, match: Match): string {
  if (typeof part === "string") return part;
  if (typeof part === "number") return match[part] ?? "";
  const index = part.find((group) => match[group] !== undefined);
  return index === undefined ? "" : (match[index] ?? "");
}

const REFERENCE = /\$(?:\$|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu;

function readParts(text: string, groupNames: readonly string[]): readonly Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const reference of text.matchAll(REFERENCE)) {
    if (reference.index > end) parts.push(text.slice(end, reference.index));
    const name = reference[1] ?? reference[2];
    parts.push(name === undefined ? "$" : groupOf(name, groupNames));
    end = reference.index + reference[0].length;
  }
  if (end < text.length) parts.push(text.slice(end));
  return parts;
}

function groupOf(name: string, groupNames: readonly string[]): Part {
  // Go reads at most nine digits as a number, and none with a leading zero.
  if (/^(?:0|[1-9]\d{0,8})$/.test(name)) return Number(name);
  return groupNames.flatMap((groupName, index) => (groupName === name ? [index] : []));
}
