/** Time, so that back-off, leases and grace periods can be tested without waiting. */
export interface Clock {
  /** Milliseconds since the epoch; for what users see. */
  now(): number;
  /** Milliseconds on a clock that never jumps; for measuring. */
  monotonic(): number;
  /** Calls back once after the delay. Returns the cancellation. The timer does not keep the process alive. */
  after(ms: number, callback: () => void): () => void;
}
