import type { Source } from "./source.ts";

/** Something that the manager starts and stops. */
export interface Runnable {
  /** For logs and errors; unique in its manager. */
  readonly name: string;
  /** Runs on the one replica that leads; otherwise on each. May be started again after it has lost the leadership. */
  readonly needsLeaderElection: boolean;
  /** What must be in cache before it starts. @default nothing */
  readonly sources?: readonly Source[];
  /**
   * Runs until told to end. A rejection is a failure, unless `abort` is aborted.
   *
   * @param stop - Take no new work; end when the work in hand is done.
   * @param abort - Give up the work in hand and end at once. Never aborted before `stop`.
   */
  run(stop: AbortSignal, abort: AbortSignal): Promise<void>;
}
