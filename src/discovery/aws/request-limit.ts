/**
 * Lets so many requests run at a time, whoever makes them; the others wait for their turn, first come, first served. After
 * a failure nothing more is begun: what would be found out would not be used.
 */
export class RequestLimit {
  readonly #waiting: (() => void)[] = [];
  #free: number;
  #failure: { readonly reason: unknown } | undefined;

  /** @param limit - How many at a time; at least one. */
  constructor(limit: number) {
    this.#free = Math.max(1, limit);
  }

  async run<Result>(request: () => Promise<Result>): Promise<Result> {
    await this.#turn();
    try {
      if (this.#failure !== undefined) throw this.#failure.reason;
      return await request();
    } catch (error) {
      this.#failure ??= { reason: error };
      throw error;
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }

  /** Whoever has waited takes over the turn of the one that has ended. */
  async #turn(): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
