import { type Clock, delay } from "../observability/clock.ts";

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;

/** What to run, and whom to tell when it breaks down. */
export interface KeepRunningOptions {
  /** May throw at once, which counts as a rejection. */
  readonly run: () => Promise<void>;
  readonly onError: (error: Error) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Runs something that ought to end only when it is told to. A run that rejects is reported and repeated: after one
 * second, then after twice as long each time, up to a minute. One that ends by itself has nothing more to do.
 */
export async function keepRunning({ run, onError, clock, signal }: KeepRunningOptions): Promise<void> {
  for (let retryMs = FIRST_RETRY_MS; !signal.aborted; retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS)) {
    try {
      await run();
      return;
    } catch (error) {
      if (signal.aborted) return;
      onError(error instanceof Error ? error : new Error(String(error)));
      await delay(clock, retryMs, signal).catch(() => undefined);
    }
  }
}
