import type { MeasuredWeights } from "../discovery/file/measured-weights.ts";
import { WeightsFile } from "../discovery/file/weights-file.ts";
import type { Clock } from "../observability/clock.ts";
import type { Logger } from "../observability/logger.ts";

/** Who is fed, and who is told of the rest. */
export interface WeightFeedOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Everything that is measured now. */
  readonly onWeights: (weights: MeasuredWeights) => void;
  /** Anything else that can be read here has changed. */
  readonly onStateChange: () => void;
}

/** Feeds what was measured of targets, from one file at a time, to the engine. */
export class WeightFeed {
  readonly #options: WeightFeedOptions;
  #path: string | undefined;
  #abort = new AbortController();
  readonly #runs = new Set<Promise<void>>();
  #settled = true;
  #error: Error | undefined;

  constructor(options: WeightFeedOptions) {
    this.#options = options;
  }

  /** All is known that can be known: what the file says, or that it cannot be read; or there is none to read. */
  get settled(): boolean {
    return this.#settled;
  }

  /** Why the file cannot be used; undefined when it can. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Reads this file from now on; undefined for none, and what was read before is forgotten. */
  use(path: string | undefined): void {
    if (path === this.#path) return;
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#path = path;
    this.#error = undefined;
    this.#settled = path === undefined;
    if (path === undefined) this.#options.onWeights(new Map());
    else this.#run(new WeightsFile(path, this.#options.clock), this.#abort.signal);
  }

  /** Resolves when everything is released. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#runs);
  }

  #run(file: WeightsFile, signal: AbortSignal): void {
    const { log, onWeights } = this.#options;
    const sink = {
      update: (weights: MeasuredWeights): void => {
        if (this.#error !== undefined) log.info("weights can be read again");
        onWeights(weights);
        this.#settle(undefined);
      },
      failed: (error: Error): void => {
        if (this.#error?.message !== error.message) log.warn("weights cannot be read", { error });
        this.#settle(error);
      },
    };
    const done = file.run(sink, signal);
    this.#runs.add(done);
    void done.finally(() => this.#runs.delete(done));
  }

  #settle(error: Error | undefined): void {
    const news = !this.#settled || this.#error?.message !== error?.message;
    this.#settled = true;
    this.#error = error;
    if (news) this.#options.onStateChange();
  }
}
