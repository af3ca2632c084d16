import type { Clock } from "../observability/clock.ts";

/** Measures how long a pass works on the targets of each job, turns of others in between included. */
export class JobTimer {
  readonly #clock: Clock;
  readonly #onWorked: (job: string, seconds: number) => void;
  #current: { readonly job: string; readonly since: number } | undefined;

  /** @param onWorked - Called when a pass is done with the targets of a job. */
  constructor(clock: Clock, onWorked: (job: string, seconds: number) => void) {
    this.#clock = clock;
    this.#onWorked = onWorked;
  }

  /** To be handed to the engine; see AllocatorOptions.onJob. What breaks off is not counted. */
  readonly mark = (job: string | undefined): void => {
    const now = this.#clock.monotonic();
    const done = this.#current;
    this.#current = job === undefined ? undefined : { job, since: now };
    if (job === undefined && done !== undefined) this.#onWorked(done.job, (now - done.since) / 1_000);
  };
}
