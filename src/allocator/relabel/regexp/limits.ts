import { childrenOf, RegexpError, type RegexpNode } from "./ast.ts";

/** Go's limits. https://cs.opensource.google/go/go/+/master:src/regexp/syntax/parse.go */
const MAX_HEIGHT = 1000;
const MAX_COPIES = 1000;
const MAX_INSTRUCTIONS = Math.floor((128 * 2 ** 20) / 40);

/** Measures how deep trees nest, from the leaves up, without going down again. */
export class HeightMeter {
  readonly #heights = new WeakMap<RegexpNode, number>();

  /** Returns the node; throws RegexpError when it is too high. Children must have been measured before. */
  measure(node: RegexpNode): RegexpNode {
    let height = 0;
    for (const child of childrenOf(node)) height = Math.max(height, this.#heights.get(child) ?? 1);
    if (height >= MAX_HEIGHT) throw new RegexpError("expression nests too deeply");
    this.#heights.set(node, height + 1);
    return node;
  }
}

/** Whether a repetition, with those inside it, asks for at most 1000 copies of anything. */
export function checkRepeat(node: RegexpNode): boolean {
  return node.type !== "repeat" || (node.min < 2 && !isBoundedByTwo(node.max)) || copiesFit(node, MAX_COPIES);
}

function isBoundedByTwo(max: number): boolean {
  return max !== Infinity && max >= 2;
}

function copiesFit(node: RegexpNode, limit: number): boolean {
  if (node.type !== "repeat") return childrenOf(node).every((child) => copiesFit(child, limit));
  if (node.max === 0) return true;
  const copies = node.max === Infinity ? node.min : node.max;
  if (copies > limit) return false;
  return copiesFit(node.body, copies > 0 ? Math.floor(limit / copies) : limit);
}

/** Throws RegexpError when the compiled program would be larger than Go allows. */
export function checkSize(root: RegexpNode): void {
  if (sizeOf(root) > MAX_INSTRUCTIONS) throw new RegexpError("expression too large");
}

function sizeOf(node: RegexpNode): number {
  let size = 0;
  for (const child of childrenOf(node)) size += sizeOf(child);
  if (node.type === "repeat") size = repeatSize(node.min, node.max, size);
  else if (node.type === "group") size += 2;
  else if (node.type === "alternate") size += node.options.length - 1;
  return Math.max(1, size);
}

function repeatSize(min: number, max: number, body: number): number {
  if (max === Infinity) return min === 0 ? 2 + body : 1 + min * body;
  return max * body + (max - min);
}
