/**
 * What this folder needs of time: back-off, time-outs, deadlines. The Clock of observability fits; the folder knows
 * only what is below it, so it says here what it asks for.
 */
export interface Timers {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds on a clock that never jumps. */
  monotonic(): number;
  /** Calls back once after the delay. Returns the cancellation. Must not keep the process alive. */
  after(ms: number, callback: () => void): () => void;
}

/** Resolves after the delay; rejects with the signal's reason, at once, when it is aborted. */
export async function pause(timers: Timers, ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const cancel = timers.after(ms, resolve);
  const onAbort = (): void => reject(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    await promise;
  } finally {
    cancel();
    signal?.removeEventListener("abort", onAbort);
  }
}
