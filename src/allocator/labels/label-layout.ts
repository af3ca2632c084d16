import { compareBytewise } from "./bytewise.ts";

/** The names of a label set, interned: two sets with the same names have the identical layout object. */
export interface LabelLayout {
  /** Sorted bytewise, unique. */
  readonly names: readonly string[];
  /** Position in `names`, or -1. */
  indexOf(name: string): number;
}

/** Sorted names with their positions; the positions are indexed when first asked for. */
class InternedLayout implements LabelLayout {
  readonly names: readonly string[];
  #positions: ReadonlyMap<string, number> | undefined;

  constructor(names: readonly string[]) {
    this.names = names;
  }

  indexOf(name: string): number {
    this.#positions ??= new Map(this.names.map((own, i) => [own, i]));
    return this.#positions.get(name) ?? -1;
  }
}

/** Every layout in use, by its names. Weak: a layout goes when the last set that has it goes. */
const layouts = new Map<string, WeakRef<LabelLayout>>();
const unused = new FinalizationRegistry<string>((key) => {
  // The names may have come back meanwhile, with a new layout.
  if (layouts.get(key)?.deref() === undefined) layouts.delete(key);
});

/** The one layout of these names, which must be sorted bytewise and unique. */
export function internLayout(names: readonly string[]): LabelLayout {
  const key = JSON.stringify(names);
  const known = layouts.get(key)?.deref();
  if (known !== undefined) return known;
  const layout = new InternedLayout(Object.freeze([...names]));
  layouts.set(key, new WeakRef(layout));
  unused.register(layout, key);
  return layout;
}

/** A layout and how values in another order come into its order. */
export interface SortedNames {
  readonly layout: LabelLayout;
  /** For each position of the layout, the position in the given names; undefined when they were sorted already. */
  readonly order: readonly number[] | undefined;
}

/** Sorts unique names. */
export function sortNames(names: readonly string[]): SortedNames {
  const order = names.map((_, i) => i).toSorted((a, b) => compareBytewise(names[a] ?? "", names[b] ?? ""));
  const layout = internLayout(order.map((i) => names[i] ?? ""));
  return { layout, order: order.every((from, to) => from === to) ? undefined : order };
}
