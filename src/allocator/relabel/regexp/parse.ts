import { RegexpError, type ParsedRegexp, type RegexpNode } from "./ast.ts";
import { foldAscii, rangeClass } from "./char-class.ts";
import { Cursor } from "./cursor.ts";
import { readEscape, readSetEscape } from "./escape.ts";
import { checkRepeat, checkSize, HeightMeter } from "./limits.ts";
import { alternationOf, concatenationOf } from "./node-builders.ts";
import { readClass } from "./read-class.ts";
import { readGroupStart, type Flags } from "./read-group-start.ts";

/** What stands between an opening and a closing parenthesis while it is read. */
interface Frame {
  /** The index of a capturing group. */
  readonly index: number | undefined;
  /** The flags to return to behind the closing parenthesis. */
  readonly outerFlags: Flags;
  readonly options: RegexpNode[];
  items: RegexpNode[];
}

const QUANTIFIER = /[*+?]|\{(0|[1-9]\d*)(?:(,)(0|[1-9]\d*)?)?\}/y;
const ANY: RegexpNode = { type: "any" };
const NOT_NEWLINE: RegexpNode = { type: "class", set: rangeClass([0x0a, 0x0a], true) };

/**
 * Reads a pattern in the syntax of Go's regexp package: Perl flags on, text anchors for `^` and `$`, `.` without the
 * newline unless the pattern sets `s`. Throws RegexpError for exactly what Go refuses.
 * https://pkg.go.dev/regexp/syntax
 */
export function parseRegexp(source: string): ParsedRegexp {
  if (!source.isWellFormed()) throw new RegexpError("invalid Unicode text");
  return new Parser(source).parse();
}

class Parser {
  readonly #cursor: Cursor;
  readonly #groupNames = [""];
  readonly #heights = new HeightMeter();
  readonly #frames: Frame[] = [];
  #frame: Frame;
  #flags: Flags = { fold: false, multiLine: false, dotAll: false, ungreedy: false };
  /** Whether the latest token was a quantifier: another one must not follow. */
  #quantified = false;

  constructor(source: string) {
    this.#cursor = new Cursor(source);
    this.#frame = { index: undefined, outerFlags: this.#flags, options: [], items: [] };
  }

  parse(): ParsedRegexp {
    while (!this.#cursor.done) {
      const quantified = this.#readToken();
      this.#quantified = quantified;
    }
    if (this.#frames.length > 0) throw new RegexpError("missing closing )");
    const root = this.#closeAlternation();
    checkSize(root);
    return { root, groupNames: this.#groupNames };
  }

  /** Reads one token; true when it was a quantifier. */
  #readToken(): boolean {
    const cursor = this.#cursor;
    const quantifier = /[*+?{]/.test(cursor.peek()) ? this.#readQuantifier() : false;
    if (quantifier) return true;
    if (cursor.peek() === "(") this.#open();
    else if (cursor.take("|")) this.#closeConcatenation();
    else if (cursor.peek() === ")") this.#close();
    else this.#readAtom();
    return false;
  }

  #readAtom(): void {
    const cursor = this.#cursor;
    const { multiLine, dotAll, fold } = this.#flags;
    if (cursor.take("^")) this.#push({ type: "assert", kind: multiLine ? "lineStart" : "textStart" });
    else if (cursor.take("$")) this.#push({ type: "assert", kind: multiLine ? "lineEnd" : "textEnd" });
    else if (cursor.take(".")) this.#push(dotAll ? ANY : NOT_NEWLINE);
    else if (cursor.peek() === "[") this.#push({ type: "class", set: readClass(cursor, fold) });
    else if (cursor.peek() === "\\") this.#readEscaped();
    else this.#pushCharacter(cursor.next() ?? 0);
  }

  #readEscaped(): void {
    const cursor = this.#cursor;
    if (cursor.take("\\A")) return this.#push({ type: "assert", kind: "textStart" });
    if (cursor.take("\\z")) return this.#push({ type: "assert", kind: "textEnd" });
    if (cursor.take("\\b")) return this.#push({ type: "assert", kind: "wordBoundary" });
    if (cursor.take("\\B")) return this.#push({ type: "assert", kind: "notWordBoundary" });
    if (cursor.take("\\Q")) return this.#readQuoted();
    const { fold } = this.#flags;
    const set = readSetEscape(cursor, fold);
    if (set === undefined) return this.#pushCharacter(readEscape(cursor));
    this.#push({ type: "class", set: { negated: false, ...set, fold: fold && set.groups.length > 0 } });
  }

  /** `\Q…\E`; the end may be missing. */
  #readQuoted(): void {
    const cursor = this.#cursor;
    while (!cursor.done && !cursor.take("\\E")) this.#pushCharacter(cursor.next() ?? 0);
  }

  #pushCharacter(code: number): void {
    if (!this.#flags.fold) return this.#push({ type: "char", code, fold: false });
    if (code >= 0x80) return this.#push({ type: "char", code, fold: true });
    const ranges = foldAscii([code, code]);
    this.#push(ranges.length === 2 ? { type: "char", code, fold: false } : { type: "class", set: rangeClass(ranges) });
  }

  #push(node: RegexpNode): void {
    this.#heights.measure(node);
    this.#frame.items.push(node);
  }

  /** False when there is only an opening brace that means itself. */
  #readQuantifier(): boolean {
    const cursor = this.#cursor;
    const start = cursor.at;
    const match = cursor.takeMatch(QUANTIFIER);
    if (match === undefined) return false;
    const lazy = cursor.take("?");
    if (this.#quantified) throw cursor.fail("invalid nested repetition operator", start);
    const body = this.#frame.items.pop();
    if (body === undefined) throw cursor.fail("missing argument to repetition operator", start);
    const { min, max } = boundsOf(match);
    if (max < min || min > 1000 || (max !== Infinity && max > 1000)) throw cursor.fail("invalid repeat count", start);
    const node: RegexpNode = { type: "repeat", min, max, greedy: lazy === this.#flags.ungreedy, body };
    if (!checkRepeat(node)) throw cursor.fail("invalid repeat count", start);
    this.#push(node);
    return true;
  }

  #open(): void {
    const start = readGroupStart(this.#cursor, this.#flags);
    if (start.kind === "capture") this.#groupNames.push(start.name);
    if (start.kind !== "flags") {
      this.#frames.push(this.#frame);
      const index = start.kind === "capture" ? this.#groupNames.length - 1 : undefined;
      this.#frame = { index, outerFlags: this.#flags, options: [], items: [] };
    }
    if (start.kind !== "capture") this.#flags = start.flags;
  }

  #close(): void {
    const outer = this.#frames.pop();
    this.#cursor.at += 1;
    if (outer === undefined) throw new RegexpError("unexpected )");
    const body = this.#closeAlternation();
    const { index, outerFlags } = this.#frame;
    this.#flags = outerFlags;
    this.#frame = outer;
    this.#push(index === undefined ? body : { type: "group", index, body });
  }

  #closeConcatenation(): void {
    this.#frame.options.push(this.#heights.measure(concatenationOf(this.#frame.items)));
    this.#frame.items = [];
  }

  #closeAlternation(): RegexpNode {
    this.#closeConcatenation();
    return this.#heights.measure(alternationOf(this.#frame.options));
  }
}

function boundsOf([text, min, comma, max]: RegExpExecArray): { min: number; max: number } {
  if (text === "*") return { min: 0, max: Infinity };
  if (text === "+") return { min: 1, max: Infinity };
  if (text === "?") return { min: 0, max: 1 };
  if (comma === undefined) return { min: Number(min), max: Number(min) };
  return { min: Number(min), max: max === undefined ? Infinity : Number(max) };
}
