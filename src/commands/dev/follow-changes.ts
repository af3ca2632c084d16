import { setTimeout as delay } from "node:timers/promises";

export interface Following {
  /** Calls back on every change. Returns the unsubscription. */
  readonly subscribe: (changed: () => void) => () => void;
  /** What comes within this many milliseconds after a change is one burst with it. @default 0 */
  readonly settleMs?: number;
  /** Done at once, and again after each burst; changes meanwhile lead to another round. */
  readonly work: () => Promise<void>;
}

/** Keeps something in step with something that changes, until the signal is aborted. Rejects when the work does. */
export async function followChanges({ subscribe, settleMs = 0, work }: Following, signal: AbortSignal): Promise<void> {
  let wake = Promise.withResolvers<void>();
  const wakeUp = (): void => wake.resolve();
  const unsubscribe = subscribe(wakeUp);
  signal.addEventListener("abort", wakeUp, { once: true });
  try {
    while (!signal.aborted) {
      wake = Promise.withResolvers();
      await work();
      // The abort may have come during the work, when its listener woke the promise before.
      if (!signal.aborted) await wake.promise;
      if (settleMs > 0) await delay(settleMs, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    signal.removeEventListener("abort", wakeUp);
    unsubscribe();
  }
}
