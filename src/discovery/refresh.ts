import type { DiscoverySink, TargetGroup } from "../allocator/index.ts";
import { type Clock, delay } from "../observability/clock.ts";

/** What one look found. */
export interface Refreshed {
  /**
   * Everything that is there; a group without targets for what is gone. With a problem: only what changed, so that a
   * lasting problem is not reported anew with each look.
   */
  readonly groups: readonly TargetGroup[];
  /** Why a part could not be looked up: what was known of it stays. */
  readonly problem?: Error;
}

/** Counts looks. */
export interface RefreshObserver {
  refreshed(seconds: number, failed: boolean): void;
  /** There will be no more looks. */
  ended(): void;
}

/** What to look for, and how often. */
export interface RefreshOptions {
  /** From the beginning of one look to the beginning of the next. Greater than 0. */
  readonly intervalMs: number;
  /** Looks once. Rejects when nothing could be found out; must end soon once the signal is aborted. */
  readonly refresh: (signal: AbortSignal) => Promise<Refreshed>;
  readonly clock: Clock;
  readonly observer: RefreshObserver;
}

const FIRST_RETRY_MS = 1_000;

/**
 * The life of a discoverer that looks again and again: at once, then at each interval, one look at a time, until the
 * signal is aborted. What was found stays when a look fails. While nothing has been found out yet, failed looks are
 * repeated sooner: after one second, then after twice as long each time, up to the interval.
 */
export async function runRefreshing(options: RefreshOptions, sink: DiscoverySink, signal: AbortSignal): Promise<void> {
  const { intervalMs, clock, observer } = options;
  let known = false;
  let retryMs = FIRST_RETRY_MS;
  while (!signal.aborted) {
    const started = clock.monotonic();
    known = (await refreshOnce(options, sink, signal)) || known;
    const pauseMs = known ? intervalMs : Math.min(retryMs, intervalMs);
    retryMs *= 2;
    await delay(clock, Math.max(0, started + pauseMs - clock.monotonic()), signal).catch(() => undefined);
  }
  observer.ended();
}

/** Whether anything was found out. */
async function refreshOnce(
  { refresh, clock, observer }: RefreshOptions,
  sink: DiscoverySink,
  signal: AbortSignal,
): Promise<boolean> {
  const started = clock.monotonic();
  const outcome = await refresh(signal).catch((error: unknown) => toError(error));
  if (signal.aborted) return false;
  const failed = outcome instanceof Error;
  observer.refreshed((clock.monotonic() - started) / 1_000, failed);
  if (failed) {
    sink.failed(outcome);
    return false;
  }
  const { groups, problem } = outcome;
  const found = problem === undefined || groups.length > 0;
  if (found) sink.update(groups, problem);
  else sink.failed(problem);
  return found;
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
