import type { Clock } from "../observability/clock.ts";

/** What is evened out. */
export interface Rebalanced {
  /** Moves would help. */
  readonly unbalanced: boolean;
  /** See Allocator.allowMoves. */
  allowMoves(count: number): void;
}

const MINUTE_MS = 60_000;
/** A look for moves goes over all targets, also when it finds none. */
const SHORTEST_PAUSE_MS = 5_000;

/** Lets an engine even out its loads, a bounded number of moves in any minute. */
export class Rebalancer {
  readonly #engine: Rebalanced;
  readonly #clock: Clock;
  readonly #onAllowed: () => void;
  #limit = 0;
  /** Moves of the last minute, oldest first, by monotonic time. */
  #moves: { readonly at: number; readonly count: number }[] = [];
  #nextAt = -Infinity;
  #cancelTimer = (): void => undefined;

  /** @param onAllowed - A pass would move targets now. */
  constructor(engine: Rebalanced, clock: Clock, onAllowed: () => void) {
    this.#engine = engine;
    this.#clock = clock;
    this.#onAllowed = onAllowed;
  }

  /** How many moves any minute may have from now on; 0 for none. */
  set maxMovesPerMinute(limit: number) {
    this.#limit = limit;
    this.review(0);
  }

  /**
   * Allows the next pass what may be moved now, or comes back when it is time.
   *
   * @param moved - How many targets have been moved since the last call.
   */
  review(moved: number): void {
    const now = this.#clock.monotonic();
    this.#cancelTimer();
    if (moved > 0) this.#moves.push({ at: now, count: moved });
    this.#moves = this.#moves.filter(({ at }) => at > now - MINUTE_MS);
    if (this.#limit === 0 || !this.#engine.unbalanced) return;
    const left = this.#limit - this.#moves.reduce((sum, { count }) => sum + count, 0);
    const dueAt = left > 0 ? this.#nextAt : Math.max(this.#nextAt, (this.#moves[0]?.at ?? now) + MINUTE_MS);
    if (dueAt > now) {
      this.#cancelTimer = this.#clock.after(dueAt - now, () => this.review(0));
      return;
    }
    this.#nextAt = now + SHORTEST_PAUSE_MS;
    this.#engine.allowMoves(left);
    this.#onAllowed();
  }

  /** Allows nothing any more. */
  stop(): void {
    this.#limit = 0;
    this.#cancelTimer();
  }
}
