import { RE2JS } from "re2js";

import { RegexpError, type ParsedRegexp } from "./ast.ts";
import { parseRegexp } from "./parse.ts";
import { shapeOf, type Match, type Shape } from "./shapes.ts";
import { toEcmaScript } from "./to-ecmascript.ts";
import { toRe2 } from "./to-re2.ts";

export type { Match } from "./shapes.ts";

/** A compiled pattern that matches whole texts only, as relabelling wants it. */
export interface Regexp {
  /** By group index; `""` for groups without a name. */
  readonly groupNames: readonly string[];
  matches(text: string): boolean;
  /** The whole match and its groups; undefined when the pattern does not match. */
  match(text: string): Match | undefined;
  /** The text with every match replaced by what `expand` makes of it. */
  replaceAll(text: string, expand: (match: Match) => string): string;
}

/** Enough for every distinct pattern of a large installation; the oldest give way. */
const MAX_PATTERNS = 4096;
const patterns = new Map<string, Regexp>();

/**
 * Compiles a pattern in Go's RE2 syntax, anchored at both ends and with `.` matching newlines, exactly as Prometheus
 * does for relabelling. Throws RegexpError for what Go refuses. The same pattern gives the same object.
 * https://github.com/prometheus/prometheus/blob/main/model/relabel/relabel.go
 */
export function compileRegexp(pattern: string): Regexp {
  const known = patterns.get(pattern);
  if (known !== undefined) return known;
  // Concatenated as text on purpose: a pattern may close the group that is opened here.
  const compiled = new CompiledRegexp(parseRegexp(`^(?s:${pattern})$`));
  const [oldest] = patterns.keys();
  if (patterns.size >= MAX_PATTERNS && oldest !== undefined) patterns.delete(oldest);
  patterns.set(pattern, compiled);
  return compiled;
}

/** Halves of characters outside the Basic Multilingual Plane: an engine that counts UTF-16 units must not see them. */
const SURROGATE = /[\ud800-\udfff]/;

/**
 * Answers from the cheapest source that is certain to be right: string comparison, V8's engine, re2js. Only the last
 * one is slow, and it is the only one that knows Unicode classes, case folding and nested repetitions in linear time.
 */
class CompiledRegexp implements Regexp {
  readonly groupNames: readonly string[];
  readonly #shape: Shape | undefined;
  readonly #parsed: ParsedRegexp;
  readonly #test: RegExp | undefined;
  readonly #capture: RegExp | undefined;
  #re2: Re2Engine | undefined;

  constructor(parsed: ParsedRegexp) {
    this.#parsed = parsed;
    this.groupNames = parsed.groupNames;
    this.#shape = shapeOf(parsed.root);
    this.#test = translated(parsed, false);
    this.#capture = translated(parsed, true);
    // Compiled now when it will be needed, so that a pattern it cannot take is an error of the configuration.
    if (this.#test === undefined) this.#re2 = new Re2Engine(parsed);
  }

  matches(text: string): boolean {
    if (this.#shape !== undefined) return this.#shape.matches(text);
    if (this.#test !== undefined && !SURROGATE.test(text)) return this.#test.test(text);
    return this.#engine().matches(text);
  }

  match(text: string): Match | undefined {
    const fromShape = this.#shape?.match;
    if (fromShape !== undefined) return fromShape(text);
    if (this.#capture !== undefined && !SURROGATE.test(text)) return this.#capture.exec(text) ?? undefined;
    return this.#engine().match(text);
  }

  replaceAll(text: string, expand: (match: Match) => string): string {
    if (!isAnchored(this.#parsed)) return this.#engine().replaceAll(text, expand);
    const match = this.match(text);
    return match === undefined ? text : expand(match);
  }

  #engine(): Re2Engine {
    this.#re2 ??= new Re2Engine(this.#parsed);
    return this.#re2;
  }
}

/** False only for a pattern that closes the group around it, such as `a)|(b`. */
function isAnchored({ root }: ParsedRegexp): boolean {
  if (root.type !== "concat") return false;
  const [first, last] = [root.items[0], root.items.at(-1)];
  return first?.type === "assert" && first.kind === "textStart" && last?.type === "assert" && last.kind === "textEnd";
}

function translated({ root }: ParsedRegexp, captures: boolean): RegExp | undefined {
  const source = toEcmaScript(root, { captures });
  return source === undefined ? undefined : new RegExp(source);
}

/** How many texts an engine remembers the answer for; label values repeat a lot, but not the long ones. */
const MAX_REMEMBERED = 512;
const MAX_REMEMBERED_LENGTH = 256;

/** re2js with a memory. */
class Re2Engine {
  readonly #regexp: RE2JS;
  readonly #matches = new Map<string, boolean>();
  readonly #groups = new Map<string, Match | undefined>();

  constructor({ root }: ParsedRegexp) {
    try {
      this.#regexp = RE2JS.compile(toRe2(root));
    } catch (cause) {
      throw new RegexpError("the regular expression engine cannot take it", { cause });
    }
  }

  matches(text: string): boolean {
    return remembered(this.#matches, text, () => this.#regexp.test(text));
  }

  match(text: string): Match | undefined {
    return remembered(this.#groups, text, () => {
      const groups: unknown[] | null = this.#regexp.exec(text);
      return groups === null ? undefined : groups.map((group) => (typeof group === "string" ? group : undefined));
    });
  }

  /** As Go's ReplaceAllString: an empty match directly behind another match does not count. */
  replaceAll(text: string, expand: (match: Match) => string): string {
    let result = "";
    let end = 0;
    for (const match of this.#regexp.matchAll(text)) {
      const start = match.index ?? 0;
      const matchEnd = start + match[0].length;
      result += text.slice(end, start);
      if (matchEnd > end || start === 0) result += expand(match);
      end = matchEnd;
    }
    return result + text.slice(end);
  }
}

function remembered<T>(memory: Map<string, T>, text: string, answer: () => T): T {
  const known = memory.get(text);
  if (known !== undefined || memory.has(text)) return known as T;
  const value = answer();
  if (text.length > MAX_REMEMBERED_LENGTH) return value;
  if (memory.size >= MAX_REMEMBERED) memory.clear();
  memory.set(text, value);
  return value;
}
