import type { Clock } from "../../observability/clock.ts";
import type { RateLimiter } from "./rate-limiter.ts";

/** Is told what happens to keys, for metrics. */
export interface WorkQueueObserver {
  /** The key must run (again); not called for a key that must run already. */
  added(key: string): void;
  /** A worker has taken it. */
  taken(key: string): void;
  /** The worker has given it back. */
  done(key: string): void;
  /** It failed and will be added again after a wait. */
  retried(key: string): void;
  /** Everything that waited was dropped. */
  cleared(): void;
}

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly rateLimiter: RateLimiter;
  readonly observer?: WorkQueueObserver;
}

interface Delayed {
  /** On the monotonic clock. */
  readonly at: number;
  readonly cancel: () => void;
}

/**
 * Keys that must be worked on. Four promises:
 * a key that is added many times before it is taken is taken once;
 * no two workers hold the same key at one time;
 * a key that is added while a worker holds it is taken again afterwards;
 * after {@link shutDown} nothing is handed out, and what workers hold is awaited.
 *
 * Keys come out in the order in which they went in.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #rateLimiter: RateLimiter;
  readonly #observer: WorkQueueObserver | undefined;
  readonly #waiting = new Set<string>();
  // One long-lived iterator: starting from the front each time would walk over everything deleted there before.
  #cursor: Iterator<string> = this.#waiting.values();
  readonly #processing = new Set<string>();
  /** Added while being processed. */
  readonly #dirty = new Set<string>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #takers = new Set<(key: string | undefined) => void>();
  readonly #drainers: (() => void)[] = [];
  #closed = false;

  constructor({ clock, rateLimiter, observer }: WorkQueueOptions) {
    this.#clock = clock;
    this.#rateLimiter = rateLimiter;
    this.#observer = observer;
  }

  /** How many keys wait for a worker. */
  get depth(): number {
    return this.#waiting.size;
  }

  /** The key must be worked on, as soon as a worker is free. */
  add(key: string): void {
    if (this.#closed || this.#waiting.has(key) || this.#dirty.has(key)) return;
    this.#observer?.added(key);
    if (this.#processing.has(key)) {
      this.#dirty.add(key);
      return;
    }
    this.#waiting.add(key);
    this.#handOut();
  }

  /** Adds the key after the delay. Of several delays of one key the one that ends first counts, the others are dropped. */
  addAfter(key: string, ms: number): void {
    if (this.#closed) return;
    const at = this.#clock.monotonic() + ms;
    const earlier = this.#delayed.get(key);
    if (earlier !== undefined && earlier.at <= at) return;
    earlier?.cancel();
    this.#delayed.delete(key);
    if (ms <= 0) {
      this.add(key);
      return;
    }
    const cancel = this.#clock.after(ms, () => {
      this.#delayed.delete(key);
      this.add(key);
    });
    this.#delayed.set(key, { at, cancel });
  }

  /** Adds the key after the wait that the rate limiter asks for, which is returned in milliseconds. */
  addRateLimited(key: string): number {
    const ms = this.#rateLimiter.when(key);
    if (!this.#closed) this.#observer?.retried(key);
    this.addAfter(key, ms);
    return ms;
  }

  /** The key has succeeded, or will not be retried: its next failure is its first. */
  forget(key: string): void {
    this.#rateLimiter.forget(key);
  }

  /** How often the key has failed since it was last forgotten. */
  failures(key: string): number {
    return this.#rateLimiter.failures(key);
  }

  /**
   * Waits for the next key. {@link done} must follow, whatever becomes of it. Resolves to undefined when the queue is
   * shut down; rejects with the signal's reason.
   */
  async take(signal: AbortSignal): Promise<string | undefined> {
    signal.throwIfAborted();
    const key = this.#closed ? undefined : this.#next();
    if (key !== undefined || this.#closed) return key;

    const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
    const onAbort = (): void => {
      // A key that was handed over in the same turn must reach the taker: nobody else would give it back.
      if (this.#takers.delete(resolve)) reject(signal.reason);
    };
    this.#takers.add(resolve);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Ends the work on a key that {@link take} gave. Puts the key back when it was added meanwhile. */
  done(key: string): void {
    if (!this.#processing.delete(key)) return;
    this.#observer?.done(key);
    if (this.#dirty.delete(key)) {
      this.#waiting.add(key);
      this.#handOut();
    }
    if (this.#processing.size === 0) for (const drained of this.#drainers.splice(0)) drained();
  }

  /**
   * Takes and hands out no more keys; what waits is dropped, because whoever works next starts from the state of the
   * world and not from this queue. Resolves when workers have given back every key they hold. Idempotent.
   */
  async shutDown(): Promise<void> {
    this.#closed = true;
    for (const { cancel } of this.#delayed.values()) cancel();
    this.#delayed.clear();
    this.#waiting.clear();
    this.#dirty.clear();
    this.#observer?.cleared();
    for (const resolve of this.#takers) resolve(undefined);
    this.#takers.clear();
    if (this.#processing.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#drainers.push(resolve);
    });
  }

  #handOut(): void {
    for (const resolve of this.#takers) {
      const key = this.#next();
      if (key === undefined) return;
      this.#takers.delete(resolve);
      resolve(key);
    }
  }

  #next(): string | undefined {
    let next = this.#cursor.next();
    if (next.done === true) {
      this.#cursor = this.#waiting.values(); // an exhausted iterator does not see what is added later
      next = this.#cursor.next();
    }
    if (next.done === true) return undefined;
    this.#waiting.delete(next.value);
    this.#processing.add(next.value);
    this.#observer?.taken(next.value);
    return next.value;
  }
}
