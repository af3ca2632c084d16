import type { RegexpNode } from "./ast.ts";
import { rangeClass, unionOf, type CharClass } from "./char-class.ts";

const EMPTY: RegexpNode = { type: "empty" };

/** Nodes one after another, as flat as it goes. */
export function concatenationOf(items: readonly RegexpNode[]): RegexpNode {
  const flat = items.flatMap((item) => (item.type === "concat" ? item.items : item.type === "empty" ? [] : [item]));
  const [first] = flat;
  if (first === undefined) return EMPTY;
  return flat.length === 1 ? first : { type: "concat", items: flat };
}

/** Options in order of preference. Single characters become one class, which engines like better. */
export function alternationOf(options: readonly RegexpNode[]): RegexpNode {
  const [first] = options;
  if (options.length === 1 && first !== undefined) return first;
  const union = unionOfCharacters(options);
  if (union !== undefined) return { type: "class", set: union };
  return { type: "alternate", options };
}

function unionOfCharacters(options: readonly RegexpNode[]): CharClass | undefined {
  const classes: CharClass[] = [];
  for (const option of options) {
    if (option.type === "class") classes.push(option.set);
    else if (option.type === "char" && !option.fold) classes.push(rangeClass([option.code, option.code]));
    else return undefined;
  }
  return unionOf(classes);
}
