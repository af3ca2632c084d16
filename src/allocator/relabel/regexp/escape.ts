import { complement, foldAscii, MAX_CODE_POINT, namedRanges, type Ranges } from "./char-class.ts";
import type { Cursor } from "./cursor.ts";
import { unicodeGroupName } from "./unicode-groups.ts";

const ASCII: Ranges = [0x00, 0x7f];

const LETTER_ESCAPES: ReadonlyMap<string, number> = new Map([
  ["a", 0x07],
  ["f", 0x0c],
  ["n", 0x0a],
  ["r", 0x0d],
  ["t", 0x09],
  ["v", 0x0b],
]);

/** Reads an escaped single character, with the cursor on the backslash. */
export function readEscape(cursor: Cursor): number {
  const start = cursor.at;
  cursor.at += 1;
  if (cursor.done) throw cursor.fail("trailing backslash at end of expression");
  // A backslash and one digit other than 0 would be a back-reference, which RE2 does not have.
  const octal = cursor.takeMatch(/0[0-7]{0,2}|[1-7][0-7]{1,2}/y);
  if (octal !== undefined) return Number.parseInt(octal[0], 8);
  const hex = cursor.takeMatch(/x(?:([\dA-Fa-f]{2})|\{([\dA-Fa-f]+)\})/y);
  if (hex !== undefined) return codePoint(Number.parseInt(hex[1] ?? hex[2] ?? "", 16), cursor, start);
  const letter = LETTER_ESCAPES.get(cursor.peek());
  const code = cursor.next() ?? 0;
  if (letter !== undefined) return letter;
  if (code < 0x80 && !/[\dA-Za-z]/.test(String.fromCodePoint(code))) return code;
  throw cursor.fail("invalid escape sequence", start);
}

function codePoint(value: number, cursor: Cursor, start: number): number {
  if (value <= MAX_CODE_POINT) return value;
  throw cursor.fail("invalid escape sequence", start);
}

/** What an escape for a set of characters stands for. */
export interface SetEscape {
  readonly ranges: Ranges;
  readonly groups: readonly string[];
}

/** Reads `\d`, `\pL`, `\p{Greek}` and the like; leaves the cursor alone and returns undefined when there is none. */
export function readSetEscape(cursor: Cursor, fold: boolean): SetEscape | undefined {
  const perl = cursor.source.slice(cursor.at, cursor.at + 2);
  const ranges = perl.startsWith("\\") ? namedRanges(perl, fold) : undefined;
  if (ranges !== undefined) {
    cursor.at += 2;
    return { ranges, groups: [] };
  }
  return perl === "\\p" || perl === "\\P" ? readUnicodeGroup(cursor, fold) : undefined;
}

function readUnicodeGroup(cursor: Cursor, fold: boolean): SetEscape {
  const start = cursor.at;
  const match = cursor.takeMatch(/\\([pP])(?:\{([^}]*)\}|([^{]))/uy);
  if (match === undefined) {
    cursor.at = cursor.source.length;
    throw cursor.fail("invalid character class range", start);
  }
  const written = match[2] ?? match[3] ?? "";
  const negated = (match[1] === "P") !== written.startsWith("^");
  const escape = unicodeGroup(written.replace("^", ""), negated, fold);
  if (escape === undefined) throw cursor.fail("invalid character class range", start);
  return escape;
}

function unicodeGroup(written: string, negated: boolean, fold: boolean): SetEscape | undefined {
  const name = unicodeGroupName(written);
  if (name === "Any") return { ranges: negated ? [] : [0, MAX_CODE_POINT], groups: [] };
  if (name === "Ascii") return { ranges: asciiRanges(negated, fold), groups: [] };
  if (name === "Assigned") return { ranges: [], groups: [negated ? "\\p{Cn}" : "\\P{Cn}"] };
  return name === undefined ? undefined : { ranges: [], groups: [`\\${negated ? "P" : "p"}{${name}}`] };
}

function asciiRanges(negated: boolean, fold: boolean): Ranges {
  const ranges = fold ? foldAscii(ASCII) : ASCII;
  return negated ? complement(ranges) : ranges;
}
