import type { Cursor } from "./cursor.ts";

/** The flags that hold at a place of a pattern. */
export interface Flags {
  /** `i` */
  readonly fold: boolean;
  /** `m`: `^` and `$` match at lines, too. */
  readonly multiLine: boolean;
  /** `s`: `.` matches newlines, too. */
  readonly dotAll: boolean;
  /** `U`: `*` is lazy and `*?` is greedy. */
  readonly ungreedy: boolean;
}

/** What an opening parenthesis begins. */
export type GroupStart =
  /** A capturing group; the name is `""` when it has none. */
  | { readonly kind: "capture"; readonly name: string }
  /** A group that only holds together, such as `(?i:`. */
  | { readonly kind: "group"; readonly flags: Flags }
  /** No group at all, such as `(?i)`: other flags up to the end of the enclosing group. */
  | { readonly kind: "flags"; readonly flags: Flags };

const FLAG_NAMES = { i: "fold", m: "multiLine", s: "dotAll", U: "ungreedy" } as const;

/** Reads an opening parenthesis with everything that belongs to it. */
export function readGroupStart(cursor: Cursor, flags: Flags): GroupStart {
  if (!cursor.sees("(?")) {
    cursor.at += 1;
    return { kind: "capture", name: "" };
  }
  const start = cursor.at;
  if (cursor.sees("(?P<") || cursor.sees("(?<")) return readNamedStart(cursor, start);
  const match = cursor.takeMatch(/\(\?([imsU]*)(?:-([imsU]+))?([:)])/y);
  if (match === undefined) {
    cursor.takeMatch(/\(\?[imsU-]*[^]?/uy);
    throw cursor.fail("invalid or unsupported Perl syntax", start);
  }
  const changed = withFlags(withFlags(flags, match[1], true), match[2], false);
  return { kind: match[3] === ":" ? "group" : "flags", flags: changed };
}

function readNamedStart(cursor: Cursor, start: number): GroupStart {
  const match = cursor.takeMatch(/\(\?P?<(\w+)>/y);
  if (match !== undefined) return { kind: "capture", name: match[1] ?? "" };
  cursor.takeMatch(/[^>]*>?/y);
  throw cursor.fail("invalid named capture", start);
}

function withFlags(flags: Flags, letters: string | undefined, value: boolean): Flags {
  const changed = { ...flags };
  for (const letter of letters ?? "") changed[FLAG_NAMES[letter as keyof typeof FLAG_NAMES]] = value;
  return changed;
}
