import { setImmediate as nextTurn } from "node:timers/promises";

import type { Clock } from "../observability/clock.ts";

/**
 * How long one turn of the event loop may be held. A pause for garbage collection can come on top, and together they
 * shall keep a request waiting for less than 20 ms.
 */
const BUDGET_MS = 5;

/**
 * Runs work that yields now and then to its end, and lets others work whenever it has taken a few milliseconds.
 * Undefined when the signal was aborted before the end; the rest of the work is then left undone.
 */
export async function workInSlices<T>(
  work: Generator<undefined, T, void>,
  clock: Clock,
  signal: AbortSignal,
): Promise<T | undefined> {
  let sliceEnd = clock.monotonic() + BUDGET_MS;
  while (!signal.aborted) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (clock.monotonic() >= sliceEnd) {
      await nextTurn();
      sliceEnd = clock.monotonic() + BUDGET_MS;
    }
  }
  return undefined;
}
