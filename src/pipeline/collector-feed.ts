import { isDeepStrictEqual } from "node:util";

import type { CollectorInstance } from "../allocator/index.ts";
import type { CollectorSource } from "../discovery/collector-source.ts";
import { keepRunning } from "../discovery/keep-running.ts";
import type { WaitingPod } from "../discovery/waiting-pod.ts";
import type { Clock } from "../observability/clock.ts";
import type { Logger } from "../observability/logger.ts";

/** Who is fed, and who is told of the rest. */
export interface CollectorFeedOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** The collectors that targets are to be given to, when they have changed. */
  readonly onCollectors: (collectors: readonly CollectorInstance[]) => void;
  /** Anything else that can be read here has changed. */
  readonly onStateChange: () => void;
}

/** Where collectors come from, and how long to bear that there are none. */
export interface CollectorFeedSettings {
  readonly source: CollectorSource;
  /**
   * When the last collector has gone, targets stay with the collectors before for this long: after a bad rollout they
   * come back under the same names, and nothing should move twice. 0: not at all.
   */
  readonly emptyGraceMs: number;
}

/** Feeds the collectors of one source at a time to the engine. */
export class CollectorFeed {
  readonly #options: CollectorFeedOptions;
  /** Sources that run, in the order they were taken into use: more than one only until the last has reported. */
  readonly #sources = new Map<AbortController, Promise<void>>();
  #discovered: readonly CollectorInstance[] | undefined;
  #waiting: readonly WaitingPod[] = [];
  #fed: readonly CollectorInstance[] = [];
  #error: Error | undefined;
  #zoneError: Error | undefined;
  #cancelHold: (() => void) | undefined;

  constructor(options: CollectorFeedOptions) {
    this.#options = options;
  }

  /** A source has reported: its answer is known, be it none. Stays true. */
  get synced(): boolean {
    return this.#discovered !== undefined;
  }

  /** How many collectors there are now. */
  get discovered(): number {
    return this.#discovered?.length ?? 0;
  }

  /** Pods that are selected, while none is a collector. */
  get waiting(): readonly WaitingPod[] {
    return this.#waiting;
  }

  /** There are none, and targets are kept for those that there were. */
  get holding(): boolean {
    return this.#cancelHold !== undefined;
  }

  /** Why the source fails; undefined when it does not. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Why the zones of collectors are not known; undefined when they are, or when nobody asks. */
  get zoneError(): Error | undefined {
    return this.#zoneError;
  }

  /** Takes the collectors from this source from now on. Those of the source before stay until it has reported. */
  use({ source, emptyGraceMs }: CollectorFeedSettings): void {
    const abort = new AbortController();
    const { signal } = abort;
    const sink = {
      update: (collectors: readonly CollectorInstance[], waiting: readonly WaitingPod[] = []): void => {
        if (signal.aborted) return;
        this.#retireBefore(abort);
        this.#waiting = waiting;
        this.#update(collectors, emptyGraceMs);
      },
      failed: (error: Error): void => {
        if (!signal.aborted) this.#failed(error);
      },
      zonesFailed: (error: Error | undefined): void => {
        if (!signal.aborted) this.#zonesFailed(error);
      },
    };
    this.#zonesFailed(undefined);
    const done = keepRunning({
      run: async () => source.run(sink, signal),
      onError: (error) => this.#failed(error),
      clock: this.#options.clock,
      signal,
    });
    this.#sources.set(abort, done);
    void done.then(() => this.#sources.delete(abort));
  }

  /** Resolves when every source has released what it held. */
  async stop(): Promise<void> {
    this.#endHold();
    for (const abort of this.#sources.keys()) abort.abort();
    await Promise.all(this.#sources.values());
  }

  #retireBefore(latest: AbortController): void {
    for (const abort of this.#sources.keys()) {
      if (abort === latest) return;
      abort.abort();
    }
  }

  #update(collectors: readonly CollectorInstance[], emptyGraceMs: number): void {
    if (this.#error !== undefined) this.#options.log.info("collectors can be discovered again");
    this.#discovered = collectors;
    this.#error = undefined;
    if (collectors.length > 0 || this.#fed.length === 0 || emptyGraceMs === 0) {
      this.#endHold();
      this.#feed(collectors);
    } else {
      this.#cancelHold ??= this.#options.clock.after(emptyGraceMs, () => {
        this.#cancelHold = undefined;
        this.#feed([]);
        this.#options.onStateChange();
      });
    }
    this.#options.onStateChange();
  }

  #feed(collectors: readonly CollectorInstance[]): void {
    if (isDeepStrictEqual(collectors, this.#fed)) return;
    this.#fed = collectors;
    this.#options.onCollectors(collectors);
  }

  #failed(error: Error): void {
    const news = this.#error?.message !== error.message;
    this.#error = error;
    if (!news) return;
    this.#options.log.warn("collectors cannot be discovered", { error });
    this.#options.onStateChange();
  }

  #zonesFailed(error: Error | undefined): void {
    const news = this.#zoneError?.message !== error?.message;
    this.#zoneError = error;
    if (!news) return;
    if (error !== undefined) this.#options.log.warn("the zones of collectors are not known", { error });
    this.#options.onStateChange();
  }

  #endHold(): void {
    this.#cancelHold?.();
    this.#cancelHold = undefined;
  }
}
