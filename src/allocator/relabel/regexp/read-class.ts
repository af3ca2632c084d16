import {
  foldAscii,
  isAscii,
  namedRanges,
  normalizeRanges,
  pairsOf,
  type CharClass,
  type Ranges,
} from "./char-class.ts";
import type { Cursor } from "./cursor.ts";
import { readEscape, readSetEscape } from "./escape.ts";

/** A class while it is read. */
interface Draft {
  readonly pairs: [number, number][];
  readonly groups: string[];
  fold: boolean;
}

/** Reads `[…]`, with the cursor on the bracket. A `]` in first place and a `-` anywhere may stand for themselves. */
export function readClass(cursor: Cursor, fold: boolean): CharClass {
  const start = cursor.at;
  cursor.at += 1;
  const negated = cursor.take("^");
  const draft: Draft = { pairs: [], groups: [], fold: false };
  let first = true;
  while (first || !cursor.sees("]")) {
    first = false;
    if (cursor.done) throw cursor.fail("missing closing ]", start);
    readItem(cursor, fold, draft);
  }
  cursor.at += 1;
  return { negated, ranges: normalizeRanges(draft.pairs), groups: draft.groups, fold: draft.fold };
}

function readItem(cursor: Cursor, fold: boolean, draft: Draft): void {
  const posix = readPosixClass(cursor, fold);
  const set = posix === undefined ? readSetEscape(cursor, fold) : { ranges: posix, groups: [] };
  if (set === undefined) return readRange(cursor, fold, draft);
  draft.pairs.push(...pairsOf(set.ranges));
  draft.groups.push(...set.groups);
  draft.fold ||= fold && set.groups.length > 0;
}

function readPosixClass(cursor: Cursor, fold: boolean): Ranges | undefined {
  const start = cursor.at;
  const match = cursor.takeMatch(/\[:([^]*?):\]/y);
  if (match === undefined) return undefined;
  // Names with a backslash are those of escapes, which are no POSIX classes.
  const ranges = namedRanges((match[1] ?? "").replace("\\", "?"), fold);
  if (ranges === undefined) throw cursor.fail("invalid character class range", start);
  return ranges;
}

function readRange(cursor: Cursor, fold: boolean, draft: Draft): void {
  const start = cursor.at;
  const low = readCharacter(cursor);
  let high = low;
  if (cursor.peek() === "-" && cursor.peek(1) !== "]" && cursor.peek(1) !== "") {
    cursor.at += 1;
    high = readCharacter(cursor);
  }
  if (high < low) throw cursor.fail("invalid character class range", start);
  if (!fold || !isAscii([low, high])) draft.fold ||= fold;
  draft.pairs.push(...pairsOf(fold && isAscii([low, high]) ? foldAscii([low, high]) : [low, high]));
}

function readCharacter(cursor: Cursor): number {
  if (cursor.peek() === "\\") return readEscape(cursor);
  return cursor.next() ?? 0;
}
