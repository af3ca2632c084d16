import { RegexpError } from "./ast.ts";

/** A place in a pattern, moving forward by code points. */
export class Cursor {
  readonly source: string;
  /** In UTF-16 units. */
  at = 0;

  constructor(source: string) {
    this.source = source;
  }

  get done(): boolean {
    return this.at >= this.source.length;
  }

  /** Whether the rest starts with the text. */
  sees(text: string): boolean {
    return this.source.startsWith(text, this.at);
  }

  /** The UTF-16 unit `ahead` of the place as text; `""` behind the end. */
  peek(ahead = 0): string {
    return this.source.charAt(this.at + ahead);
  }

  /** Moves behind the text when the rest starts with it. */
  take(text: string): boolean {
    if (!this.sees(text)) return false;
    this.at += text.length;
    return true;
  }

  /** Moves behind what the sticky expression matches here and returns the match. */
  takeMatch(expression: RegExp): RegExpExecArray | undefined {
    const sticky = expression;
    sticky.lastIndex = this.at;
    const match = sticky.exec(this.source);
    if (match === null) return undefined;
    this.at = sticky.lastIndex;
    return match;
  }

  /** The next code point; undefined at the end. */
  next(): number | undefined {
    const code = this.source.codePointAt(this.at);
    if (code !== undefined) this.at += code > 0xff_ff ? 2 : 1;
    return code;
  }

  /** An error about the text from a place up to here. */
  fail(reason: string, from = this.at): RegexpError {
    const part = this.source.slice(from, this.at);
    return new RegexpError(part === "" ? reason : `${reason}: ${JSON.stringify(part)}`);
  }
}
