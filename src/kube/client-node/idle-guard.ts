import type { Timers } from "../timers.ts";

/** Calls back once when nothing was touched for a while. */
export class IdleGuard {
  readonly #timers: Timers;
  readonly #idleMs: number;
  readonly #onIdle: () => void;
  #touchedMs: number;
  #cancel: (() => void) | undefined;

  constructor(timers: Timers, idleMs: number, onIdle: () => void) {
    this.#timers = timers;
    this.#idleMs = idleMs;
    this.#onIdle = onIdle;
    this.#touchedMs = timers.monotonic();
  }

  /** Must be followed by end(). */
  start(): void {
    const leftMs = this.#touchedMs + this.#idleMs - this.#timers.monotonic();
    if (leftMs <= 0) this.#onIdle();
    else this.#cancel = this.#timers.after(leftMs, () => this.start());
  }

  touch(): void {
    this.#touchedMs = this.#timers.monotonic();
  }

  end(): void {
    this.#cancel?.();
  }
}
