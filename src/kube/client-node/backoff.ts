export interface BackoffOptions {
  /** @default 200 */
  readonly firstMs?: number | undefined;
  /** @default 30_000 */
  readonly longestMs?: number | undefined;
  /** Answers a number from 0 to below 1. @default Math.random */
  readonly random?: (() => number) | undefined;
}

/** Growing waits between attempts: doubled each time, with half of it left to chance so that clients spread out. */
export class Backoff {
  readonly #firstMs: number;
  readonly #longestMs: number;
  readonly #random: () => number;
  #attempts = 0;

  constructor({ firstMs = 200, longestMs = 30_000, random = Math.random }: BackoffOptions = {}) {
    this.#firstMs = firstMs;
    this.#longestMs = longestMs;
    this.#random = random;
  }

  /** How long to wait before the next attempt. */
  next(): number {
    const fullMs = Math.min(this.#longestMs, this.#firstMs * 2 ** this.#attempts);
    this.#attempts += 1;
    return fullMs * (0.5 + this.#random() / 2);
  }

  /** All is well again: the next wait is a first one. */
  reset(): void {
    this.#attempts = 0;
  }
}
