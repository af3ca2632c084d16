import { readFile } from "node:fs/promises";
import { dirname } from "node:path";

import { type Clock, delay } from "../../observability/clock.ts";
import { Wakeup } from "../wakeup.ts";
import { DirectoryWatches, watchDirectory } from "./directory-watches.ts";
import { type MeasuredWeights, parseMeasuredWeights } from "./measured-weights.ts";

/** Where weights are reported. */
export interface WeightSink {
  /** Everything that is measured now; also says that the file can be read again. */
  update(weights: MeasuredWeights): void;
  /** The latest attempt failed; what was read before stays. */
  failed(error: Error): void;
}

/** As for file discovery: who writes a file makes several changes in a row. */
const QUIET_MS = 100;
/** How long a change goes unnoticed where the operating system does not tell of changes. */
const REFRESH_MS = 60_000;

/** What was measured of targets, in a file that is read again as soon as anything happens in its directory. */
export class WeightsFile {
  readonly #path: string;
  readonly #clock: Clock;

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /** Reports until the signal is aborted: at once what there is, then what has changed. */
  async run(sink: WeightSink, signal: AbortSignal): Promise<void> {
    const wakeup = new Wakeup();
    const watches = new DirectoryWatches(watchDirectory, () => wakeup.notify());
    let reported: string | undefined;
    try {
      while (!signal.aborted) {
        // Watched before it is read: a change in between would go unnoticed the other way round.
        await watches.renew([dirname(this.#path)]);
        reported = await this.#report(sink, reported, signal);
        const cancel = this.#clock.after(REFRESH_MS, () => wakeup.notify());
        await wakeup.wait(signal);
        cancel();
        await delay(this.#clock, QUIET_MS, signal).catch(() => undefined);
      }
    } finally {
      watches.close();
    }
  }

  /** Returns the text that the sink knows; undefined when it knows of a failure. */
  async #report(sink: WeightSink, before: string | undefined, signal: AbortSignal): Promise<string | undefined> {
    try {
      const text = await readFile(this.#path, "utf8");
      if (signal.aborted || text === before) return before;
      sink.update(parseMeasuredWeights(text));
      return text;
    } catch (cause) {
      const message = `weights_file ${this.#path}: ${(cause as Error).message}`;
      if (!signal.aborted) sink.failed(new Error(message, { cause }));
      return undefined;
    }
  }
}
