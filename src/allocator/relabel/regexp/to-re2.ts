import type { Assertion, RegexpNode } from "./ast.ts";
import { pairsOf, type CharClass } from "./char-class.ts";

const ASSERTIONS: Readonly<Record<Assertion, string>> = {
  textStart: "\\A",
  textEnd: "\\z",
  lineStart: "(?m:^)",
  lineEnd: "(?m:$)",
  wordBoundary: "\\b",
  notWordBoundary: "\\B",
};

/**
 * The tree in a plain form of RE2 syntax, which every RE2 engine reads alike: no flags but those of single elements,
 * characters by number, groups by index.
 */
export function toRe2(node: RegexpNode): string {
  if (node.type === "group") return `(${toRe2(node.body)})`;
  if (node.type === "concat") return node.items.map((item) => toRe2(item)).join("");
  if (node.type === "alternate") return `(?:${node.options.map((option) => toRe2(option)).join("|")})`;
  if (node.type === "repeat") return `(?:${toRe2(node.body)})${quantifierOf(node)}${node.greedy ? "" : "?"}`;
  return toRe2Leaf(node);
}

function toRe2Leaf(node: RegexpNode): string {
  if (node.type === "char") return node.fold ? `(?i:${toCodePoint(node.code)})` : toCodePoint(node.code);
  if (node.type === "class") return node.set.fold ? `(?i:${toRe2Class(node.set)})` : toRe2Class(node.set);
  if (node.type === "assert") return ASSERTIONS[node.kind];
  return node.type === "any" ? "(?s:.)" : "(?:)";
}

function quantifierOf({ min, max }: RegexpNode & { readonly type: "repeat" }): string {
  if (max !== Infinity) return `{${min},${max}}`;
  if (min < 2) return min === 0 ? "*" : "+";
  return `{${min},}`;
}

function toRe2Class({ negated, ranges, groups }: CharClass): string {
  const parts = pairsOf(ranges).map(([low, high]) => `${toCodePoint(low)}-${toCodePoint(high)}`);
  // RE2 has no syntax for the empty class: it is the opposite of everything.
  if (parts.length + groups.length === 0) return negated ? "(?s:.)" : "[^\\x{0}-\\x{10ffff}]";
  return `[${negated ? "^" : ""}${parts.join("")}${groups.join("")}]`;
}

function toCodePoint(code: number): string {
  return `\\x{${code.toString(16)}}`;
}
