import type { Clock } from "../../src/observability/clock.ts";

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that moves only when told to. Timers run in the order of their time, then of their start. */
export class FakeClock implements Clock {
  #monotonic = 0;
  #wallOffset: number;
  #started = 0;
  readonly #timers = new Set<Timer>();

  /** @param start - What {@link now} answers first. @default 2026-01-01T00:00:00Z */
  constructor(start: number = Date.UTC(2026, 0, 1)) {
    this.#wallOffset = start;
  }

  now(): number {
    return this.#wallOffset + this.#monotonic;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  after(ms: number, callback: () => void): () => void {
    this.#started += 1;
    const timer: Timer = { at: this.#monotonic + Math.max(0, ms), order: this.#started, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How many timers wait. A component that has stopped leaves none. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Milliseconds until the next timer; undefined when none waits. */
  get nextIn(): number | undefined {
    const next = this.#next();
    return next === undefined ? undefined : next.at - this.#monotonic;
  }

  /**
   * Lets the time pass: runs every timer that becomes due, including those started meanwhile, and lets promises settle
   * before the first, between timers and after the last.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    await settle();
    for (let next = this.#next(); next !== undefined && next.at <= end; next = this.#next()) {
      this.#monotonic = next.at;
      this.#timers.delete(next);
      next.callback();
      await settle();
    }
    this.#monotonic = end;
  }

  /** Sets the wall clock only, as an administrator or NTP would; negative is back. */
  jumpWallClock(ms: number): void {
    this.#wallOffset += ms;
  }

  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (next === undefined || timer.at < next.at || (timer.at === next.at && timer.order < next.order)) next = timer;
    }
    return next;
  }
}

/** Resolves after all promise callbacks that are ready, and those that become ready by them, have run. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}
