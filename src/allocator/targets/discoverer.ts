import type { TargetGroup } from "./target-group.ts";

/** Where a discoverer reports. Calls are cheap; the receiver does its work later. */
export interface DiscoverySink {
  /**
   * Groups that changed since the last call, by source; a group without targets removes its source. The first call
   * carries the full set, even an empty one, and means that discovery has settled.
   *
   * @param failure - What fails all the same, such as one of several namespaces. Without it an earlier failure is over.
   */
  update(groups: readonly TargetGroup[], failure?: Error): void;
  /** The latest attempt failed. Groups known so far stay. The message says what was tried on what. */
  failed(error: Error): void;
}

/** One service discovery mechanism with its settings. */
export interface Discoverer {
  /**
   * Discovers until the signal is aborted, then resolves with everything released. Retries by itself: it rejects only
   * when another attempt could not help, such as on a programming error.
   */
  run(sink: DiscoverySink, signal: AbortSignal): Promise<void>;
}
