import type { Clock } from "./clock.ts";

/** Node fires timers that are longer than this at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's time. Timers are unref'd; delays of any length work, 0 and less mean "in the next turn". */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms: number, callback: () => void): () => void {
    const deadline = performance.now() + ms;
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const left = deadline - performance.now();
      timer =
        left > LONGEST_TIMER_MS
          ? setTimeout(arm, LONGEST_TIMER_MS).unref()
          : setTimeout(callback, Math.max(0, left)).unref();
    };
    arm();
    return () => clearTimeout(timer);
  },
});
