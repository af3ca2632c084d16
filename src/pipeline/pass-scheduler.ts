import { setImmediate as nextTurn } from "node:timers/promises";

import type { Clock } from "../observability/clock.ts";

/** Passes do not begin more often than this: what comes meanwhile is one burst. */
const WINDOW_MS = 250;

/**
 * Decides when passes run. The first change after a quiet time begins one at once, together with everything else that
 * the same turn of the event loop brings; what follows is joined into the next one, at most a window later. Passes do
 * not overlap.
 */
export class PassScheduler {
  readonly #clock: Clock;
  readonly #pass: () => Promise<boolean>;
  #lastStart = -Infinity;
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
    const waitMs = this.#lastStart + WINDOW_MS - this.#clock.monotonic();
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
    if (!this.#stopped && (await this.#pass())) this.#lastStart = start;
    this.#running = false;
    if (this.#wanted) this.trigger();
  }
}
