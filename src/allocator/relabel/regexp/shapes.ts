import { hasGroups, type Assertion, type RegexpNode } from "./ast.ts";
import { pairsOf, type CharClass } from "./char-class.ts";
import { concatenationOf } from "./node-builders.ts";

/** The texts of the whole match and of the groups; undefined for a group that took no part. */
export type Match = readonly (string | undefined)[];

/** A pattern that is answered by comparing strings. */
export interface Shape {
  readonly matches: (text: string) => boolean;
  /** Absent when the groups of the pattern stand where only an engine can tell them. */
  readonly match?: (text: string) => Match | undefined;
}

/** A pattern that stands for more texts than these is left to an engine. */
const MAX_TEXTS = 256;
const MAX_CONTAINED_TEXTS = 16;
const MAX_CLASS_SIZE = 16;

/** The shape of a pattern: literals, alternatives of literals, `x.*y`, `.*x.*`; undefined for all others. */
export function shapeOf(root: RegexpNode): Shape | undefined {
  const body = anchoredBody(root);
  if (body === undefined) return undefined;
  const grouped = body.type === "group";
  const inner = grouped ? body.body : body;
  const shape = literalShape(inner) ?? wildcardShape(inner) ?? containsShape(inner);
  if (shape?.match === undefined || !grouped) return shape;
  const { matches } = shape;
  return hasGroups(inner) ? { matches } : { matches, match: (text) => (matches(text) ? [text, text] : undefined) };
}

/** What stands between `^` and `$`; undefined when the pattern is not anchored as a whole. */
function anchoredBody(root: RegexpNode): RegexpNode | undefined {
  if (root.type !== "concat") return undefined;
  const { items } = root;
  let start = 0;
  let end = items.length;
  while (isAssertion(items[start], "textStart")) start += 1;
  while (end > start && isAssertion(items[end - 1], "textEnd")) end -= 1;
  return start > 0 && end < items.length ? concatenationOf(items.slice(start, end)) : undefined;
}

function isAssertion(node: RegexpNode | undefined, kind: Assertion): boolean {
  return node?.type === "assert" && node.kind === kind;
}

function literalShape(node: RegexpNode): Shape | undefined {
  const texts = textsOf(node, MAX_TEXTS);
  if (texts === undefined) return undefined;
  const [only] = texts;
  const set = new Set(texts);
  const matches = set.size === 1 ? (text: string) => text === only : (text: string) => set.has(text);
  return hasGroups(node) ? { matches } : { matches, match: (text) => (matches(text) ? [text] : undefined) };
}

/** `prefix.*suffix` or `prefix.+suffix`, either end may be empty, the wildcard may be a group. */
function wildcardShape(node: RegexpNode): Shape | undefined {
  const items = itemsOf(node);
  const at = items.findIndex((item) => wildcardMinimum(item) !== undefined);
  const wildcard = items[at];
  if (wildcard === undefined) return undefined;
  const prefix = textOf(items.slice(0, at));
  const suffix = textOf(items.slice(at + 1));
  if (prefix === undefined || suffix === undefined) return undefined;
  const minimum = prefix.length + suffix.length + (wildcardMinimum(wildcard) ?? 0);
  const matches =
    prefix + suffix === ""
      ? (text: string) => text.length >= minimum
      : (text: string) => text.length >= minimum && text.startsWith(prefix) && text.endsWith(suffix);
  const grouped = wildcard.type === "group";
  const found = (text: string): Match =>
    grouped ? [text, text.slice(prefix.length, text.length - suffix.length)] : [text];
  return { matches, match: (text) => (matches(text) ? found(text) : undefined) };
}

/** `.*text.*` or `.*(?:one|other).*` */
function containsShape(node: RegexpNode): Shape | undefined {
  const items = itemsOf(node);
  if (wildcardMinimum(items[0]) !== 0 || wildcardMinimum(items.at(-1)) !== 0) return undefined;
  const middle = concatenationOf(items.slice(1, -1));
  const texts = textsOf(middle, MAX_CONTAINED_TEXTS);
  if (texts === undefined) return undefined;
  const matches = (text: string): boolean => texts.some((part) => text.includes(part));
  return hasGroups(node) ? { matches } : { matches, match: (text) => (matches(text) ? [text] : undefined) };
}

function itemsOf(node: RegexpNode): readonly RegexpNode[] {
  return node.type === "concat" ? node.items : [node];
}

/** How many characters `.*` or `.+`, bare or as a group, takes at least; undefined for all other nodes. */
function wildcardMinimum(node: RegexpNode | undefined): number | undefined {
  const inner = node?.type === "group" ? node.body : node;
  if (inner?.type !== "repeat" || inner.body.type !== "any" || inner.max !== Infinity) return undefined;
  return inner.min < 2 ? inner.min : undefined;
}

/** The one text that the nodes stand for, when they hold no group. */
function textOf(nodes: readonly RegexpNode[]): string | undefined {
  const node = concatenationOf(nodes);
  const texts = hasGroups(node) ? undefined : textsOf(node, 1);
  return texts?.[0];
}

/** All texts that the node stands for; undefined when they are too many or need an engine. */
function textsOf(node: RegexpNode, limit: number): readonly string[] | undefined {
  if (node.type === "empty") return [""];
  if (node.type === "char") return node.fold ? undefined : [String.fromCodePoint(node.code)];
  if (node.type === "class") return charactersOf(node.set, limit);
  if (node.type === "group") return textsOf(node.body, limit);
  if (node.type === "alternate") return unionOfTexts(node.options, limit);
  if (node.type === "concat") return productOfTexts(node.items, limit);
  const optional = node.type === "repeat" && node.min === 0 && node.max === 1;
  return optional ? unionOfTexts([{ type: "empty" }, node.body], limit) : undefined;
}

function charactersOf({ negated, ranges, groups, fold }: CharClass, limit: number): readonly string[] | undefined {
  if (negated || fold || groups.length > 0) return undefined;
  const pairs = pairsOf(ranges);
  const size = pairs.reduce((sum, [low, high]) => sum + high - low + 1, 0);
  if (size > Math.min(limit, MAX_CLASS_SIZE)) return undefined;
  return pairs.flatMap(([low, high]) =>
    Array.from({ length: high - low + 1 }, (_, offset) => String.fromCodePoint(low + offset)),
  );
}

function unionOfTexts(nodes: readonly RegexpNode[], limit: number): readonly string[] | undefined {
  const union = new Set<string>();
  for (const node of nodes) {
    const texts = textsOf(node, limit);
    if (texts === undefined) return undefined;
    for (const text of texts) union.add(text);
    if (union.size > limit) return undefined;
  }
  return [...union];
}

function productOfTexts(nodes: readonly RegexpNode[], limit: number): readonly string[] | undefined {
  let product: readonly string[] = [""];
  for (const node of nodes) {
    const texts = textsOf(node, limit);
    if (texts === undefined || texts.length * product.length > limit) return undefined;
    product = product.flatMap((start) => texts.map((end) => start + end));
  }
  return product;
}
