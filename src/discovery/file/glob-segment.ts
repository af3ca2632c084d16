/** One element of a pattern without slashes. */
type Term =
  | { readonly kind: "star" }
  | { readonly kind: "any" }
  | { readonly kind: "literal"; readonly character: string }
  | { readonly kind: "class"; readonly negated: boolean; readonly ranges: readonly (readonly [number, number])[] };

/** Tells which file names a pattern means. */
export type NameMatcher = (name: string) => boolean;

/**
 * Compiles one segment of a path pattern with the rules of Go's filepath.Match: `*` and `?` also match a leading dot,
 * `[a-z]` and `[^a-z]` are classes, and a backslash takes the next character as it is. Matching takes time in
 * proportion to the pattern times the name, whatever they are. Undefined for a pattern that is malformed.
 * https://pkg.go.dev/path/filepath#Match
 */
export function compileSegment(pattern: string): NameMatcher | undefined {
  const terms = new SegmentParser(pattern).parse();
  return terms === undefined ? undefined : (name) => matches(terms, Array.from(name));
}

class SegmentParser {
  readonly #characters: readonly string[];
  #at = 0;

  constructor(pattern: string) {
    this.#characters = Array.from(pattern);
  }

  parse(): readonly Term[] | undefined {
    const terms: Term[] = [];
    while (this.#at < this.#characters.length) {
      const term = this.#term();
      if (term === undefined) return undefined;
      terms.push(term);
    }
    return terms;
  }

  #term(): Term | undefined {
    const character = this.#next();
    if (character === "*") return { kind: "star" };
    if (character === "?") return { kind: "any" };
    if (character === "[") return this.#class();
    return literal(character === "\\" ? this.#next() : character);
  }

  /** Behind the opening bracket. A class has at least one range, and its closing bracket. */
  #class(): Term | undefined {
    const negated = this.#peek() === "^";
    if (negated) this.#at += 1;
    const ranges: (readonly [number, number])[] = [];
    while (ranges.length === 0 || this.#peek() !== "]") {
      const low = this.#bound();
      if (low === undefined) return undefined;
      let high: number | undefined = low;
      if (this.#peek() === "-") {
        this.#at += 1;
        high = this.#bound();
      }
      if (high === undefined) return undefined;
      ranges.push([low, high]);
    }
    this.#at += 1;
    return { kind: "class", negated, ranges };
  }

  /** One end of a range. A hyphen or a closing bracket must be escaped there, and more has to follow. */
  #bound(): number | undefined {
    let character = this.#next();
    if (character === "-" || character === "]") return undefined;
    if (character === "\\") character = this.#next();
    return this.#peek() === undefined ? undefined : character?.codePointAt(0);
  }

  #next(): string | undefined {
    const character = this.#characters[this.#at];
    this.#at += 1;
    return character;
  }

  #peek(): string | undefined {
    return this.#characters[this.#at];
  }
}

function literal(character: string | undefined): Term | undefined {
  return character === undefined ? undefined : { kind: "literal", character };
}

/** Goes back to the last star only: an earlier one has nothing to gain from taking more. */
function matches(terms: readonly Term[], name: readonly string[]): boolean {
  let [term, at] = [0, 0];
  let star: { readonly term: number; at: number } | undefined;
  while (at < name.length) {
    const current = terms[term];
    if (current?.kind === "star") {
      term += 1;
      star = { term, at };
    } else if (current !== undefined && matchesOne(current, name[at] ?? "")) {
      term += 1;
      at += 1;
    } else if (star === undefined) {
      return false;
    } else {
      star.at += 1;
      ({ term, at } = star);
    }
  }
  return terms.slice(term).every(({ kind }) => kind === "star");
}

function matchesOne(term: Exclude<Term, { kind: "star" }>, character: string): boolean {
  if (term.kind === "any") return true;
  if (term.kind === "literal") return term.character === character;
  const code = character.codePointAt(0) ?? 0;
  return term.ranges.some(([low, high]) => low <= code && code <= high) !== term.negated;
}
