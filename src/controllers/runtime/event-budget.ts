import type { Clock } from "../../observability/clock.ts";

/** Events that an object may produce at once. */
const BURST = 25;
/** Time in which it earns another one. */
const REFILL_MS = 300_000;
/** Objects that are remembered; the oldest is forgotten first, and starts with a full budget when it comes again. */
const MAX_SUBJECTS = 4_096;

interface Account {
  tokens: number;
  /** On the monotonic clock. */
  filledAt: number;
}

/**
 * How many Events each object may still produce, with the limits of client-go.
 *
 * Source: https://github.com/kubernetes/client-go/blob/master/tools/record/events_cache.go
 */
export class EventBudget {
  readonly #clock: Clock;
  readonly #accounts = new Map<string, Account>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Spends one Event of the object; false when it has none left. */
  take(subject: string): boolean {
    const now = this.#clock.monotonic();
    const { tokens, filledAt } = this.#accounts.get(subject) ?? { tokens: BURST, filledAt: now };
    const filled = Math.min(BURST, tokens + (now - filledAt) / REFILL_MS);
    const granted = filled >= 1;
    this.#accounts.delete(subject);
    this.#accounts.set(subject, { tokens: granted ? filled - 1 : filled, filledAt: now });
    if (this.#accounts.size > MAX_SUBJECTS) this.#forgetOldest();
    return granted;
  }

  #forgetOldest(): void {
    for (const subject of this.#accounts.keys()) {
      this.#accounts.delete(subject);
      return;
    }
  }
}
