/** The last Unicode code point. */
export const MAX_CODE_POINT = 0x10_ff_ff;

/** Pairs of first and last code point: sorted, not overlapping, not touching. */
export type Ranges = readonly number[];

/** A set of characters. */
export interface CharClass {
  readonly negated: boolean;
  readonly ranges: Ranges;
  /** Unicode groups in RE2 syntax, such as `\p{Greek}`; part of the set like the ranges. */
  readonly groups: readonly string[];
  /** Whether the case variants of ranges and groups belong to the set, too. */
  readonly fold: boolean;
}

/** A class of plain ranges. */
export function rangeClass(ranges: Ranges, negated = false): CharClass {
  return { negated, ranges, groups: [], fold: false };
}

/** Sorts pairs and joins those that overlap or touch. */
export function normalizeRanges(pairs: readonly (readonly [number, number])[]): Ranges {
  const sorted = pairs.toSorted((a, b) => a[0] - b[0] || b[1] - a[1]);
  const result: number[] = [];
  for (const [low, high] of sorted) {
    const last = result.at(-1);
    if (last !== undefined && low <= last + 1) result[result.length - 1] = Math.max(last, high);
    else result.push(low, high);
  }
  return result;
}

/** The pairs of a flat list. */
export function pairsOf(ranges: Ranges): [number, number][] {
  const pairs: [number, number][] = [];
  for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i] ?? 0, ranges[i + 1] ?? 0]);
  return pairs;
}

/** All code points that are not in the ranges. */
export function complement(ranges: Ranges): Ranges {
  const result: [number, number][] = [];
  let next = 0;
  for (const [low, high] of pairsOf(ranges)) {
    if (next < low) result.push([next, low - 1]);
    next = high + 1;
  }
  if (next <= MAX_CODE_POINT) result.push([next, MAX_CODE_POINT]);
  return normalizeRanges(result);
}

const CASE_DISTANCE = 0x20;
const LONG_S = 0x1_7f;
const KELVIN_SIGN = 0x21_2a;

/** The case variants of ASCII ranges: the other case of letters, and the two letters outside ASCII that fold into it. */
export function foldAscii(ranges: Ranges): Ranges {
  const pairs = pairsOf(ranges);
  const folded = [...pairs];
  for (const [low, high] of pairs) {
    shift(folded, [Math.max(low, 0x41), Math.min(high, 0x5a)], CASE_DISTANCE);
    shift(folded, [Math.max(low, 0x61), Math.min(high, 0x7a)], -CASE_DISTANCE);
  }
  const ascii = normalizeRanges(folded);
  const extra: [number, number][] = [];
  if (includes(ascii, "s")) extra.push([LONG_S, LONG_S]);
  if (includes(ascii, "k")) extra.push([KELVIN_SIGN, KELVIN_SIGN]);
  return normalizeRanges([...pairsOf(ascii), ...extra]);
}

function shift(into: [number, number][], [low, high]: readonly [number, number], by: number): void {
  if (low <= high) into.push([low + by, high + by]);
}

function includes(ranges: Ranges, letter: string): boolean {
  const code = letter.charCodeAt(0);
  return pairsOf(ranges).some(([low, high]) => low <= code && code <= high);
}

/** Whether every code point of the ranges is ASCII. */
export function isAscii(ranges: Ranges): boolean {
  return (ranges.at(-1) ?? 0) < 0x80;
}

/** The ASCII classes of `\d`, `\s`, `\w` and `[:name:]`, positive form. https://pkg.go.dev/regexp/syntax */
const NAMED_RANGES: ReadonlyMap<string, Ranges> = new Map([
  ["\\d", [0x30, 0x39]],
  ["\\s", [0x09, 0x0a, 0x0c, 0x0d, 0x20, 0x20]],
  ["\\w", [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a]],
  ["alnum", [0x30, 0x39, 0x41, 0x5a, 0x61, 0x7a]],
  ["alpha", [0x41, 0x5a, 0x61, 0x7a]],
  ["ascii", [0x00, 0x7f]],
  ["blank", [0x09, 0x09, 0x20, 0x20]],
  ["cntrl", [0x00, 0x1f, 0x7f, 0x7f]],
  ["digit", [0x30, 0x39]],
  ["graph", [0x21, 0x7e]],
  ["lower", [0x61, 0x7a]],
  ["print", [0x20, 0x7e]],
  ["punct", [0x21, 0x2f, 0x3a, 0x40, 0x5b, 0x60, 0x7b, 0x7e]],
  ["space", [0x09, 0x0d, 0x20, 0x20]],
  ["upper", [0x41, 0x5a]],
  ["word", [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a]],
  ["xdigit", [0x30, 0x39, 0x41, 0x46, 0x61, 0x66]],
]);

/**
 * The characters of `\d`, `\S`, … (name with the backslash) or of a POSIX class (name without colons, `^` for its
 * opposite); undefined when there is no such class. Under `fold` the opposite leaves out case variants, too.
 */
export function namedRanges(name: string, fold: boolean): Ranges | undefined {
  const perl = name.startsWith("\\");
  const negated = perl ? /^\\[DSW]$/.test(name) : name.startsWith("^");
  const base = NAMED_RANGES.get(perl ? name.toLowerCase() : name.replace("^", ""));
  if (base === undefined || (perl && !/^\\[dswDSW]$/.test(name))) return undefined;
  const ranges = fold ? foldAscii(base) : base;
  return negated ? complement(ranges) : ranges;
}

/** One class for characters that stand as alternatives; undefined when they cannot be joined. */
export function unionOf(classes: readonly CharClass[]): CharClass | undefined {
  if (classes.some((each) => each.fold || each.groups.length > 0)) return undefined;
  const pairs = classes.flatMap((each) => pairsOf(each.negated ? complement(each.ranges) : each.ranges));
  return rangeClass(normalizeRanges(pairs));
}
