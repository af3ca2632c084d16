/** Unchanged lines around a change. */
const CONTEXT = 3;

interface Line {
  readonly sign: " " | "+" | "-";
  readonly text: string;
}

/** Both sides and what they are called. */
export interface Sides {
  readonly beforeName: string;
  readonly before: string;
  readonly afterName: string;
  readonly after: string;
}

/** The difference of two texts as `diff -u` writes it; "" when there is none. */
export function unifiedDiff({ beforeName, before, afterName, after }: Sides): string {
  if (before === after) return "";
  const lines = compareLines(linesOf(before), linesOf(after));
  const hunks = hunksOf(lines).map(([from, to]) => toHunk(lines, from, to));
  return `--- ${beforeName}\n+++ ${afterName}\n${hunks.join("")}`;
}

function linesOf(text: string): readonly string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

/** The shortest way from one list to the other, removals first. What is alike at both ends is not compared. */
function compareLines(before: readonly string[], after: readonly string[]): readonly Line[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  return [
    ...signed(" ", before.slice(0, start)),
    ...compareMiddle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...signed(" ", before.slice(before.length - end)),
  ];
}

function signed(sign: Line["sign"], texts: readonly string[]): readonly Line[] {
  return texts.map((text) => ({ sign, text }));
}

function compareMiddle(before: readonly string[], after: readonly string[]): readonly Line[] {
  const common = new CommonLengths(before, after);
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < before.length && j < after.length) {
    const [old = "", fresh = ""] = [before[i], after[j]];
    const sign = old === fresh ? " " : common.at(i + 1, j) >= common.at(i, j + 1) ? "-" : "+";
    lines.push({ sign, text: sign === "+" ? fresh : old });
    if (sign !== "+") i += 1;
    if (sign !== "-") j += 1;
  }
  return [...lines, ...signed("-", before.slice(i)), ...signed("+", after.slice(j))];
}

/** How long the longest common subsequences of the rests of two lists are. */
class CommonLengths {
  readonly #lengths: Uint32Array;
  readonly #width: number;

  constructor(before: readonly string[], after: readonly string[]) {
    this.#width = after.length + 1;
    this.#lengths = new Uint32Array((before.length + 1) * this.#width);
    for (let i = before.length - 1; i >= 0; i -= 1) {
      for (let j = after.length - 1; j >= 0; j -= 1) {
        const isSame = before[i] === after[j];
        const length = isSame ? this.at(i + 1, j + 1) + 1 : Math.max(this.at(i + 1, j), this.at(i, j + 1));
        this.#lengths[i * this.#width + j] = length;
      }
    }
  }

  /** From these places on. */
  at(i: number, j: number): number {
    return this.#lengths[i * this.#width + j] ?? 0;
  }
}

/** Where hunks begin and end: changes with their context, joined where these meet. */
function hunksOf(lines: readonly Line[]): readonly (readonly [from: number, to: number])[] {
  const hunks: [number, number][] = [];
  for (const [at, { sign }] of lines.entries()) {
    if (sign === " ") continue;
    const [from, to] = [Math.max(0, at - CONTEXT), Math.min(lines.length, at + 1 + CONTEXT)];
    const last = hunks.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = to;
    else hunks.push([from, to]);
  }
  return hunks;
}

function toHunk(lines: readonly Line[], from: number, to: number): string {
  const part = lines.slice(from, to);
  const range = (sign: "+" | "-"): string => {
    const before = lines.slice(0, from).filter((line) => line.sign === " " || line.sign === sign).length;
    const count = part.filter((line) => line.sign === " " || line.sign === sign).length;
    return `${sign}${String(count === 0 ? before : before + 1)},${String(count)}`;
  };
  return `@@ ${range("-")} ${range("+")} @@\n${part.map(({ sign, text }) => `${sign}${text}\n`).join("")}`;
}
