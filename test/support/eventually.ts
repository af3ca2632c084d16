import { setTimeout as delay } from "node:timers/promises";

export interface EventuallyOptions {
  /** @default 30_000 */
  readonly withinMs?: number;
  /** @default 100 */
  readonly everyMs?: number;
}

/** Repeats a check of the outside world until it no longer throws; then resolves with what it returned. */
export async function eventually<T>(check: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<T> {
  const { withinMs = 30_000, everyMs = 100 } = options;
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await delay(everyMs);
    }
  }
}
