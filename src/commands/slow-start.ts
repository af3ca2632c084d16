import { type Clock, delay } from "../observability/clock.ts";
import type { Logger } from "../observability/logger.ts";

/** When a start is slow enough to say what it waits for, and how often to look whether that is still the same. */
const SLOW_START_MS = 3_000;

export interface SlowStartOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** What is missing until ready; empty once ready. */
  readonly waitingFor: () => readonly string[];
}

/**
 * Says in the log what a slow start waits for: an API server that does not answer must not look like silence. Resolves
 * once nothing is missing, or when the signal is aborted.
 */
export async function reportSlowStart(
  { clock, log, waitingFor }: SlowStartOptions,
  signal: AbortSignal,
): Promise<void> {
  let told = "";
  for (;;) {
    await delay(clock, SLOW_START_MS, signal).catch(() => undefined);
    const reasons = waitingFor();
    if (signal.aborted || reasons.length === 0) return;
    if (reasons.join() !== told) log.warn("not ready yet", { reasons });
    told = reasons.join();
  }
}
