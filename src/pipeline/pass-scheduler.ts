import { setImmediate as nextTurn } from "node:timers/promises";

import type { Clock } from "../observability/clock.ts";

/** What comes within the window after a pass began is one burst, taken by the next pass. */
const LONGEST_WINDOW_MS = 250;
const SHORTEST_WINDOW_MS = 25;
/** The window grows with what a pass costs, so that passes take a tenth of the processor at most. */
const WINDOW_PER_COST = 10;

/**
 * Decides when passes run. The first change after a quiet time begins one at once, together with everything else that
 * the same turn of the event loop brings; what follows is joined into the next one, at most a window later. The window
 * is short while passes are cheap, so a pod that gets its address right after it was created need not wait. Passes do
 * not overlap.
 */
export class PassScheduler {
  readonly #clock: Clock;
  readonly #pass: () => Promise<boolean>;
  #lastStart = -Infinity;
  #windowMs = SHORTEST_WINDOW_MS;
  #wanted = false;
  #running = false;
  #stopped = false;
  #cancelTimer: (() => void) | undefined;

  /**
   * @param pass - Must not reject. Resolves with false when there was nothing to do (yet): then the next trigger counts
   * as the first change after a quiet time.
   */
  constructor(clock: Clock, pass: () => Promise<boolean>) {
    this.#clock = clock;
    this.#pass = pass;
  }

  /** A pass begins after this call, soon. */
  trigger(): void {
    this.#wanted = true;
    if (this.#running || this.#stopped || this.#cancelTimer !== undefined) return;
    const waitMs = this.#lastStart + this.#windowMs - this.#clock.monotonic();
    if (waitMs <= 0) {
      void this.#run();
      return;
    }
    this.#cancelTimer = this.#clock.after(waitMs, () => {
      this.#cancelTimer = undefined;
      void this.#run();
    });
  }

  /** Begins no pass any more. One that runs is the business of whoever runs it. */
  stop(): void {
    this.#stopped = true;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  async #run(): Promise<void> {
    this.#running = true;
    await nextTurn();
    const start = this.#clock.monotonic();
    this.#wanted = false;
    if (!this.#stopped && (await this.#pass())) {
      const costMs = this.#clock.monotonic() - start;
      this.#lastStart = start;
      this.#windowMs = Math.min(LONGEST_WINDOW_MS, Math.max(SHORTEST_WINDOW_MS, costMs * WINDOW_PER_COST));
    }
    this.#running = false;
    if (this.#wanted) this.trigger();
  }
}
