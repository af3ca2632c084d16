import type { DataValue } from "../allocator/index.ts";

/** As many values as the largest files have. */
const MAX_VALUES = 10_000_000;
/** How many times its own size a document may have when every alias is written out. */
const MAX_GROWTH = 10;
/** Ten times as deep as the parser lets a document without aliases be. */
const MAX_DEPTH = 1000;

/**
 * What is wrong with the aliases of a document: one that stands in what it names, or a few lines that stand for
 * millions, as nobody writes them but to stop the reader. undefined when they are fine.
 */
export function aliasProblem(document: DataValue): string | undefined {
  const meter = new DocumentMeter();
  const values = meter.measure(document, 0);
  if (values === undefined) return `aliases nest more than ${String(MAX_DEPTH)} deep, or one stands in what it names`;
  if (values <= MAX_VALUES || values <= meter.distinct * MAX_GROWTH) return undefined;
  return `written out, its aliases would make it more than ${String(MAX_GROWTH)} times as long, and too long to read`;
}

interface Measured {
  readonly values: number;
  readonly depth: number;
}

/** Counts values as if every alias were written out, but looks at each of them once. */
class DocumentMeter {
  readonly #known = new Map<object, Measured>();
  #depthBelow = 0;
  /** How many values there are without those that aliases repeat. */
  distinct = 0;

  /** The number of values; undefined when it is too deep. */
  measure(value: DataValue, depth: number): number | undefined {
    this.#depthBelow = 0;
    if (depth > MAX_DEPTH) return undefined;
    if (typeof value !== "object" || value === null) {
      this.distinct += 1;
      return 1;
    }
    const known = this.#known.get(value) ?? this.#measureParts(value, depth);
    if (known === undefined || depth + known.depth > MAX_DEPTH) return undefined;
    this.#depthBelow = known.depth;
    return known.values;
  }

  #measureParts(value: object, depth: number): Measured | undefined {
    let values = 1;
    let below = 0;
    for (const part of Object.values(value) as DataValue[]) {
      const size = this.measure(part, depth + 1);
      if (size === undefined) return undefined;
      values += size;
      below = Math.max(below, this.#depthBelow + 1);
    }
    this.distinct += 1;
    const measured = { values, depth: below };
    this.#known.set(value, measured);
    return measured;
  }
}
