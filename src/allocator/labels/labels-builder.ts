import { type SortedNames, sortNames } from "./label-layout.ts";
import type { Labels } from "./labels.ts";

/**
 * Names in the order they were set, as a node of a tree of all such sequences. Sets that are built in the same order
 * walk the same path, so that sorting and interning their names happens once per path and not once per set.
 */
class NameSequence {
  readonly #parent: NameSequence | undefined;
  readonly #name: string;
  readonly #length: number;
  readonly #next = new Map<string, NameSequence>();
  /** Where the walk went last time: nearly always where it goes again. */
  #recent: NameSequence | undefined;
  #sorted: SortedNames | undefined;

  constructor(parent?: NameSequence, name = "") {
    this.#parent = parent;
    this.#name = name;
    this.#length = parent === undefined ? 0 : parent.#length + 1;
  }

  /** The sequence with one more name, or undefined when the name is in it already. */
  with(name: string): NameSequence | undefined {
    if (this.#recent !== undefined && this.#recent.#name === name) return this.#recent;
    let next = this.#next.get(name);
    if (next === undefined) {
      if (this.indexOf(name) >= 0) return undefined;
      next = new NameSequence(this, name);
      this.#next.set(name, next);
      countSequence();
    }
    this.#recent = next;
    return next;
  }

  /** Position of a name, or -1. */
  indexOf(name: string): number {
    if (this.#parent === undefined) return -1;
    return this.#name === name ? this.#length - 1 : this.#parent.indexOf(name);
  }

  sorted(): SortedNames {
    this.#sorted ??= sortNames(this.names());
    return this.#sorted;
  }

  /** In the order they were set. */
  names(): readonly string[] {
    return this.#parent === undefined ? [] : [...this.#parent.names(), this.#name];
  }
}

/**
 * Sequences that are remembered at most. A cluster has hundreds to thousands; a stream of ever new label names must
 * not fill the memory, so the tree starts anew then. Layouts stay interned all the same.
 */
const MAX_SEQUENCES = 50_000;
const tree = { root: new NameSequence(), sequences: 0 };

function countSequence(): void {
  tree.sequences++;
  if (tree.sequences < MAX_SEQUENCES) return;
  tree.root = new NameSequence();
  tree.sequences = 0;
}

/**
 * Names that a sequence has at most. Targets have dozens. But the annotations of one pod can be tens of thousands, and
 * looking for a name in so long a sequence, name after name, would take seconds.
 */
const MAX_SEQUENCE_LENGTH = 256;

/**
 * Collects one label set. Fastest when sets of one kind set their names in the same order, and with the same string
 * objects as names.
 */
export class LabelsBuilder {
  #sequence = tree.root;
  readonly #values: string[] = [];
  /** Everything, once it is too much for a sequence. */
  #many: Map<string, string> | undefined;

  /** Sets a label; a later set of the same name wins. The empty value is kept. */
  set(name: string, value: string): this {
    if (this.#many !== undefined) {
      this.#many.set(name, value);
      return this;
    }
    const next = this.#sequence.with(name);
    if (next === undefined) {
      this.#values[this.#sequence.indexOf(name)] = value;
    } else {
      this.#sequence = next;
      this.#values.push(value);
      if (this.#values.length === MAX_SEQUENCE_LENGTH) this.#many = this.#toMap();
    }
    return this;
  }

  /** The set as it is now. The builder can go on. */
  build(): Labels {
    const { layout, order } = this.#many === undefined ? this.#sequence.sorted() : sortNames([...this.#many.keys()]);
    const values = this.#many === undefined ? this.#values : [...this.#many.values()];
    return { layout, values: order === undefined ? values.slice() : order.map((from) => values[from] ?? "") };
  }

  #toMap(): Map<string, string> {
    return new Map(this.#sequence.names().map((name, i) => [name, this.#values[i] ?? ""]));
  }
}

/** A label set from an object, or from pairs of which the last of a name wins. */
export function labelsOf(source: Readonly<Record<string, string>> | Iterable<readonly [string, string]>): Labels {
  const pairs = Symbol.iterator in source ? source : Object.entries(source);
  const builder = new LabelsBuilder();
  for (const [name, value] of pairs) builder.set(name, value);
  return builder.build();
}
