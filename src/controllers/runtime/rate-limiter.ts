import type { Clock } from "../../observability/clock.ts";

/** Says how long a key that failed must wait. */
export interface RateLimiter {
  /** Milliseconds until the key may run again. Counts as one more failure of the key. */
  when(key: string): number;
  /** The key has succeeded, or nobody will try it again. */
  forget(key: string): void;
  /** How often the key has failed since it was last forgotten. */
  failures(key: string): number;
}

export interface RateLimiterOptions {
  /** Wait after a key's first failure; doubles with each further one. @default 5 */
  readonly baseDelayMs?: number;
  /** Longest wait of one key. @default 1_000_000 */
  readonly maxDelayMs?: number;
  /** Retries per second of all keys together, in the long run. @default 10 */
  readonly qps?: number;
  /** Retries of all keys together that may come at once. @default 100 */
  readonly burst?: number;
}

/** The limits of client-go's default controller limiter: per key exponential, over all a bucket; the longer wait counts. */
export function createRateLimiter(clock: Clock, options: RateLimiterOptions = {}): RateLimiter {
  const { baseDelayMs = 5, maxDelayMs = 1_000_000, qps = 10, burst = 100 } = options;
  return maxOf([exponentialBackoff(baseDelayMs, maxDelayMs), tokenBucket(clock, qps, burst)]);
}

/** base, 2·base, 4·base … max, for each key by itself. */
export function exponentialBackoff(baseDelayMs: number, maxDelayMs: number): RateLimiter {
  const failures = new Map<string, number>();
  return {
    when(key) {
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      return Math.min(baseDelayMs * 2 ** count, maxDelayMs);
    },
    forget: (key) => void failures.delete(key),
    failures: (key) => failures.get(key) ?? 0,
  };
}

/** `burst` at once, then `qps` per second, for all keys together. Reserves: who must wait longer came later. */
export function tokenBucket(clock: Clock, qps: number, burst: number): RateLimiter {
  let tokens = burst;
  let filledAt = clock.monotonic();
  return {
    when() {
      const now = clock.monotonic();
      tokens = Math.min(burst, tokens + ((now - filledAt) * qps) / 1_000) - 1;
      filledAt = now;
      return tokens >= 0 ? 0 : (-tokens * 1_000) / qps;
    },
    forget: () => undefined,
    failures: () => 0,
  };
}

/** The longest wait that any of the limiters asks for. */
export function maxOf(limiters: readonly RateLimiter[]): RateLimiter {
  return {
    when: (key) => Math.max(...limiters.map((limiter) => limiter.when(key))),
    forget(key) {
      for (const limiter of limiters) limiter.forget(key);
    },
    failures: (key) => Math.max(...limiters.map((limiter) => limiter.failures(key))),
  };
}
