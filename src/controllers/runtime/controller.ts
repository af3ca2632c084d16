import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { keyOf, parseKey } from "../../api/meta.ts";
import { ConflictError } from "../../kube/errors.ts";
import type { Clock } from "../../observability/clock.ts";
import type { Logger } from "../../observability/logger.ts";
import type { Metrics } from "../../observability/metrics.ts";
import { causedBy } from "./caused-by.ts";
import { createControllerMetrics, type ControllerMetrics } from "./controller-metrics.ts";
import { createRateLimiter, type RateLimiterOptions } from "./rate-limiter.ts";
import { TerminalError, type Reconciler, type Result } from "./reconciler.ts";
import type { Runnable } from "./runnable.ts";
import type { Source } from "./source.ts";
import { WorkQueueMetrics } from "./work-queue-metrics.ts";
import { WorkQueue } from "./work-queue.ts";

export interface ControllerOptions {
  /** Unique in the process: the `controller` of logs and metrics. */
  readonly name: string;
  readonly reconciler: Reconciler;
  /** What makes requests due. */
  readonly sources: readonly Source[];
  readonly log: Logger;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Passes that may run at once, on different requests. @default 1 */
  readonly workers?: number;
  /** After this time a pass is aborted and counts as failed. @default 120_000 */
  readonly passTimeoutMs?: number;
  /** How failed requests are retried. @default client-go's */
  readonly retry?: RateLimiterOptions;
  /** Passes run only on the replica that leads. @default true */
  readonly needsLeaderElection?: boolean;
}

/** Conflicts are how optimistic locking works; that many in a row for one request are a fault. */
const CONFLICTS_TO_EXPECT = 3;

/** Passes that need no I/O yield to the event loop after this time. */
const LONGEST_TURN_MS = 10;

/**
 * Brings the requests of its sources to its reconciler: each request in one pass at a time, again when it changed
 * meanwhile, again later when it failed, and never another request's trouble.
 *
 * A run has a queue of its own, so a controller that lost the leadership can be run again.
 */
export class Controller implements Runnable {
  readonly name: string;
  readonly needsLeaderElection: boolean;
  readonly sources: readonly Source[];
  readonly #reconciler: Reconciler;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #metrics: ControllerMetrics;
  readonly #queueMetrics: WorkQueueMetrics;
  readonly #workers: number;
  readonly #passTimeoutMs: number;
  readonly #retry: RateLimiterOptions;
  #turnStartedAt = 0;

  constructor(options: ControllerOptions) {
    this.name = options.name;
    this.needsLeaderElection = options.needsLeaderElection ?? true;
    this.sources = options.sources;
    this.#reconciler = options.reconciler;
    this.#log = options.log.child({ controller: options.name });
    this.#clock = options.clock;
    this.#metrics = createControllerMetrics(options.name, options.metrics);
    this.#queueMetrics = new WorkQueueMetrics(options.name, options.metrics, options.clock);
    this.#workers = options.workers ?? 1;
    this.#passTimeoutMs = options.passTimeoutMs ?? 120_000;
    this.#retry = options.retry ?? {};
    this.#metrics.maxWorkers.set(this.#workers);
  }

  async run(stop: AbortSignal, abort: AbortSignal): Promise<void> {
    const queue = new WorkQueue({
      clock: this.#clock,
      rateLimiter: createRateLimiter(this.#clock, this.#retry),
      observer: this.#queueMetrics,
    });
    const unobserve = this.#queueMetrics.observe();
    const sources = this.sources.map((source) => source.open());
    const onStop = (): void => void queue.shutDown();
    stop.addEventListener("abort", onStop, { once: true });
    try {
      for (const source of sources) source.subscribe((request) => queue.add(keyOf(request)));
      // A pass that sees half a cache would take for absent what is merely not listed yet.
      await Promise.all(sources.map(async (source) => source.whenSynced(stop)));
      this.#log.info("controller started", { workers: this.#workers });
      await Promise.all(Array.from({ length: this.#workers }, async () => this.#work(queue, abort)));
    } catch (error) {
      if (!stop.aborted) throw error;
    } finally {
      stop.removeEventListener("abort", onStop);
      await queue.shutDown();
      for (const source of sources) source.close();
      unobserve();
    }
    this.#log.info("controller stopped");
  }

  async #work(queue: WorkQueue, abort: AbortSignal): Promise<void> {
    for (;;) {
      const key = await queue.take(abort).catch(() => undefined);
      if (key === undefined) return;
      try {
        await this.#pass(key, queue, abort);
      } finally {
        queue.done(key);
      }
      await this.#breathe();
    }
  }

  /** One pass. Never rejects. */
  async #pass(key: string, queue: WorkQueue, abort: AbortSignal): Promise<void> {
    const request = parseKey(key);
    const log = this.#log.child({ ...request, reconcileId: randomUUID() });
    const startedAt = this.#clock.monotonic();
    const pass = new AbortController();
    const onAbort = (): void => pass.abort(abort.reason);
    const disarm = this.#clock.after(this.#passTimeoutMs, () => {
      pass.abort(new Error(`reconciling ${key}: aborted after ${this.#passTimeoutMs} ms`));
    });
    abort.addEventListener("abort", onAbort, { once: true });
    this.#metrics.activeWorkers.inc();
    try {
      const result = await this.#reconciler.reconcile(request, { signal: pass.signal, log });
      this.#succeeded(key, result, queue);
    } catch (error) {
      if (abort.aborted) log.debug("pass given up", { error });
      else this.#failed(key, error, queue, log);
    } finally {
      disarm();
      abort.removeEventListener("abort", onAbort);
      this.#metrics.activeWorkers.dec();
      this.#metrics.duration.observe((this.#clock.monotonic() - startedAt) / 1_000);
    }
  }

  #succeeded(key: string, { requeueAfterMs }: Result, queue: WorkQueue): void {
    queue.forget(key);
    if (requeueAfterMs === undefined) {
      this.#metrics.total.success.inc();
    } else {
      this.#metrics.total.requeue_after.inc();
      queue.addAfter(key, requeueAfterMs);
    }
  }

  #failed(key: string, error: unknown, queue: WorkQueue, log: Logger): void {
    this.#metrics.total.error.inc();
    this.#metrics.errors.inc();
    if (causedBy(error, TerminalError)) {
      this.#metrics.terminalErrors.inc();
      queue.forget(key);
      // Whoever wrote the object has to act, not whoever runs this process.
      log.warn("reconcile failed, not retried until something changes", { error });
      return;
    }
    const retryInMs = queue.addRateLimited(key);
    const failures = queue.failures(key);
    const expected = causedBy(error, ConflictError) && failures <= CONFLICTS_TO_EXPECT;
    const level = expected ? "debug" : "error";
    log[level]("reconcile failed, will be retried", { error, failures, retryInMs });
  }

  async #breathe(): Promise<void> {
    if (this.#clock.monotonic() - this.#turnStartedAt < LONGEST_TURN_MS) return;
    await setImmediate();
    this.#turnStartedAt = this.#clock.monotonic();
  }
}
