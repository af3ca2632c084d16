import { canBeEmpty, hasGroups, isSingleCharacter, type Assertion, type RegexpNode } from "./ast.ts";
import { pairsOf, type CharClass } from "./char-class.ts";

/** Beyond this a pattern is not worth the size of its unrolled repetitions. */
const MAX_SOURCE_LENGTH = 2000;
const LAST_UNIT = 0xff_ff;

/** Lines end differently in ECMAScript. */
const ASSERTIONS: Readonly<Record<Assertion, string | undefined>> = {
  textStart: "^",
  textEnd: "$",
  wordBoundary: "\\b",
  notWordBoundary: "\\B",
  lineStart: undefined,
  lineEnd: undefined,
};

/** Whether captures are read from the match. Without them groups only hold together, which is faster. */
export interface TranslateOptions {
  readonly captures: boolean;
}

/**
 * The tree as the source of an ECMAScript RegExp without flags that gives the same result, group by group, for every
 * text without surrogates; undefined when that is not certain or when it could not run in linear time.
 *
 * What is certain: classes, literals and assertions without Unicode or case folding, alternation, and repetitions of
 * a single character. A repetition of anything longer is left out, for two reasons: ECMAScript forgets the groups of
 * earlier rounds, and nested repetitions make backtracking exponential. The exception is `?` around what takes at
 * least one character, because it has at most one round. V8's linear engine knows all of the constructs used here,
 * so it can take over when a text makes the first engine backtrack too often.
 */
export function toEcmaScript(node: RegexpNode, options: TranslateOptions): string | undefined {
  const source = translate(node, options);
  return source !== undefined && source.length <= MAX_SOURCE_LENGTH ? source : undefined;
}

function translate(node: RegexpNode, options: TranslateOptions): string | undefined {
  if (node.type === "repeat") return translateRepeat(node, options);
  if (node.type === "group") return joined(options.captures ? "(" : "(?:", "", [node.body], options);
  if (node.type === "concat") return joined("(?:", "", node.items, options);
  if (node.type === "alternate") return joined("(?:", "|", node.options, options);
  return translateLeaf(node);
}

function translateLeaf(node: RegexpNode): string | undefined {
  if (node.type === "char") return node.fold || node.code > LAST_UNIT ? undefined : toUnit(node.code);
  if (node.type === "class") return translateClass(node.set);
  if (node.type === "assert") return ASSERTIONS[node.kind];
  return node.type === "any" ? "[^]" : "(?:)";
}

function joined(
  open: string,
  separator: string,
  nodes: readonly RegexpNode[],
  options: TranslateOptions,
): string | undefined {
  const parts = nodes.map((node) => translate(node, options));
  return parts.includes(undefined) ? undefined : `${open}${parts.join(separator)})`;
}

type Repeat = RegexpNode & { readonly type: "repeat" };

function translateRepeat(node: Repeat, options: TranslateOptions): string | undefined {
  const single = isSingleCharacter(node.body);
  const optional = node.min === 0 && node.max === 1 && !canBeEmpty(node.body);
  // A fixed number of rounds can be written out, as long as no group would appear twice.
  const fixed = node.min === node.max && node.min > 0 && !hasGroups(node.body);
  if (!single && !optional && !fixed) return undefined;
  const atom = translate(node.body, options);
  return atom === undefined ? undefined : repeated(atom, node);
}

/** Counted repetitions are written out, because V8's linear engine has no counters. */
function repeated(atom: string, { min, max, greedy }: Repeat): string | undefined {
  const lazy = greedy ? "" : "?";
  const open = max === Infinity;
  if (atom.length * (open ? min : max) > MAX_SOURCE_LENGTH) return undefined;
  if (open) return min === 1 ? `${atom}+${lazy}` : `${atom.repeat(min)}${atom}*${lazy}`;
  let tail = "";
  for (let round = min; round < max; round += 1) tail = `(?:${atom}${tail})?${lazy}`;
  return `(?:${atom.repeat(min)}${tail})`;
}

function translateClass({ negated, ranges, groups, fold }: CharClass): string | undefined {
  if (fold || groups.length > 0) return undefined;
  // The text has neither astral characters nor halves of them, so those parts of the class do not matter.
  const parts = pairsOf(ranges)
    .filter(([low]) => low <= LAST_UNIT)
    .map(([low, high]) => (low === high ? toUnit(low) : `${toUnit(low)}-${toUnit(Math.min(high, LAST_UNIT))}`));
  return `[${negated ? "^" : ""}${parts.join("")}]`;
}

function toUnit(code: number): string {
  const text = String.fromCharCode(code);
  return /[\w ]/.test(text) ? text : `\\u${code.toString(16).padStart(4, "0")}`;
}
