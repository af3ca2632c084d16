import type { CharClass } from "./char-class.ts";

/** Places between characters that a pattern can ask for. */
export type Assertion = "textStart" | "textEnd" | "lineStart" | "lineEnd" | "wordBoundary" | "notWordBoundary";

/**
 * A parsed RE2 pattern. Case folding and flags are resolved: an ASCII letter that was read under `(?i)` is a class,
 * `.` is "any" or a class without the newline, and `(?U)` has swapped greediness.
 */
export type RegexpNode =
  | { readonly type: "empty" }
  /** One code point. With `fold`, all its case variants; only code points outside ASCII carry it. */
  | { readonly type: "char"; readonly code: number; readonly fold: boolean }
  | { readonly type: "class"; readonly set: CharClass }
  /** Any code point, newlines included. */
  | { readonly type: "any" }
  | { readonly type: "assert"; readonly kind: Assertion }
  /** A capturing group; the first one has index 1. */
  | { readonly type: "group"; readonly index: number; readonly body: RegexpNode }
  /** `max` is Infinity for an open end. */
  | {
      readonly type: "repeat";
      readonly min: number;
      readonly max: number;
      readonly greedy: boolean;
      readonly body: RegexpNode;
    }
  | { readonly type: "concat"; readonly items: readonly RegexpNode[] }
  /** Earlier options win. */
  | { readonly type: "alternate"; readonly options: readonly RegexpNode[] };

/** A pattern as a tree, with the names of its groups. */
export interface ParsedRegexp {
  readonly root: RegexpNode;
  /** By group index; `""` for the whole match and for groups without a name. Names may repeat. */
  readonly groupNames: readonly string[];
}

/** The pattern is not valid RE2 syntax. The message says which part of it and why. */
export class RegexpError extends Error {
  readonly code = "REGEXP_INVALID";
  override readonly name = "RegexpError";
}

/** Whether the node always takes exactly one character. */
export function isSingleCharacter(node: RegexpNode): boolean {
  return node.type === "char" || node.type === "class" || node.type === "any";
}

/** The nodes directly below a node. */
export function childrenOf(node: RegexpNode): readonly RegexpNode[] {
  if (node.type === "concat") return node.items;
  if (node.type === "alternate") return node.options;
  return "body" in node ? [node.body] : [];
}

/** Whether a match of the node may take no character at all. */
export function canBeEmpty(node: RegexpNode): boolean {
  if (node.type === "empty" || node.type === "assert") return true;
  if (isSingleCharacter(node)) return false;
  if (node.type === "repeat" && node.min === 0) return true;
  if (node.type === "alternate") return node.options.some((option) => canBeEmpty(option));
  return childrenOf(node).every((child) => canBeEmpty(child));
}

/** Whether the node holds a capturing group. */
export function hasGroups(node: RegexpNode): boolean {
  return node.type === "group" || childrenOf(node).some((child) => hasGroups(child));
}
