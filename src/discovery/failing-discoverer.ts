import type { Discoverer, DiscoverySink } from "../allocator/index.ts";
import { untilAborted } from "./until-aborted.ts";

/**
 * Stands for a mechanism that cannot be run here: fails, and goes on failing. So its job is reported and its targets
 * are answered as unknown, not as none, while other sources of the same job and all other jobs are served.
 */
export class FailingDiscoverer implements Discoverer {
  readonly #error: Error;

  constructor(error: Error) {
    this.#error = error;
  }

  async run(sink: DiscoverySink, signal: AbortSignal): Promise<void> {
    sink.failed(this.#error);
    await untilAborted(signal);
  }
}
