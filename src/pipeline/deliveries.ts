import type { AllocationSnapshot, Shard } from "../allocator/index.ts";
import type { Clock } from "../observability/clock.ts";
import { DepartedCollectors } from "./departed-collectors.ts";
import { type Fetch, FetchLog } from "./fetch-log.ts";
import { Handover, type HandoverOptions } from "./handover.ts";

/** What becomes of a target in the share of its former owner: it leaves at once, or once the new owner has fetched it. */
export type HandoverMode = "immediate" | "acknowledged";

/** What collectors have been told, and what they are to be told because of that. */
export class Deliveries {
  readonly #now: () => number;
  readonly #log = new FetchLog();
  readonly #departed = new DepartedCollectors();
  readonly #handover: Handover;
  #mode: HandoverMode = "immediate";

  /** @param onHandover - See HandoverOptions. */
  constructor(clock: Clock, onHandover: HandoverOptions["onEnd"]) {
    this.#now = () => clock.now();
    this.#handover = new Handover({ log: this.#log, now: this.#now, onEnd: onHandover });
  }

  /** From the next result on. */
  use(mode: HandoverMode): void {
    this.#mode = mode;
  }

  /** Whether it was a collector once and is none any more: what it had was given to others. */
  hasDeparted(collector: string): boolean {
    return this.#departed.has(collector);
  }

  /** What the collector is to be told of the job, by what the served result gives it; see {@link Handover.shareOf}. */
  shareOf(job: string, collector: string, shard: Shard | undefined): Shard | undefined {
    return this.#handover.shareOf(job, collector, shard);
  }

  /** Takes note of a share that a collector was sent to its end. */
  fetched(fetch: Fetch): void {
    this.#log.fetched(fetch, this.#now());
  }

  /** When the collector was answered last, in milliseconds since the epoch; undefined when it never was. */
  lastFetchAt(collector: string): number | undefined {
    return this.#log.lastFetchAt(collector);
  }

  /** How many targets are with two collectors now. */
  get overlaps(): number {
    return this.#handover.overlaps;
  }

  /**
   * Works out what serving another result means; yields now and then. The function that it returns puts that in force, in
   * the moment in which the result is served.
   */
  *prepare(before: AllocationSnapshot, after: AllocationSnapshot): Generator<undefined, () => void, void> {
    const handOver =
      this.#mode === "acknowledged" ? yield* this.#handover.prepare(before, after) : this.#handover.none();
    return () => {
      handOver();
      this.#departed.passed(after);
      this.#log.retain(
        (collector) => after.targetsByCollector.has(collector) || this.#departed.has(collector),
        after.jobs,
      );
    };
  }
}
