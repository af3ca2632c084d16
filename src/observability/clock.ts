/** Time, so that back-off, leases and grace periods can be tested without waiting. */
export interface Clock {
  /** Milliseconds since the epoch; for what users see. */
  now(): number;
  /** Milliseconds on a clock that never jumps; for measuring. */
  monotonic(): number;
  /** Calls back once after the delay. Returns the cancellation. The timer does not keep the process alive. */
  after(ms: number, callback: () => void): () => void;
}

/** Resolves after the delay on the given clock; rejects with the signal's reason, at once, when it is aborted. */
export async function delay(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const cancel = clock.after(ms, resolve);
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await promise;
  } finally {
    cancel();
    signal.removeEventListener("abort", onAbort);
  }
}
