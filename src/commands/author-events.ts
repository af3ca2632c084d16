import { hostname } from "node:os";
import type { KubeObject } from "../api/meta.ts";
import type { EventRecorder, ObjectEvent } from "../controllers/index.ts";
import type { KubeClient } from "../kube/client.ts";
import type { Logger } from "../observability/logger.ts";
import { systemClock } from "../observability/system-clock.ts";

/** Who reports our Events. */
const CONTROLLER = "opentelemetry.io/target-allocator";
/** Time for Events that are not written yet. */
const LAST_EVENTS_MS = 2_000;

interface ClosableRecorder extends EventRecorder {
  close(signal: AbortSignal): Promise<void>;
}

export interface AuthorEventsOptions {
  readonly client: KubeClient;
  readonly log: Logger;
}

/** Tells the authors of monitors what is wrong with them. What it takes is loaded with the first Event: most have none. */
export class AuthorEvents implements EventRecorder {
  readonly #options: AuthorEventsOptions;
  #recorder: Promise<ClosableRecorder> | undefined;

  constructor(options: AuthorEventsOptions) {
    this.#options = options;
  }

  record(regarding: KubeObject, event: ObjectEvent): void {
    this.#recorder ??= this.#load();
    void this.#recorder.then((recorder) => recorder.record(regarding, event));
  }

  /** Writes what is left. Nothing is recorded afterwards. */
  async close(): Promise<void> {
    const recorder = await this.#recorder;
    await recorder?.close(AbortSignal.timeout(LAST_EVENTS_MS));
  }

  async #load(): Promise<ClosableRecorder> {
    const { KubeEventRecorder } = await import("../controllers/index.ts");
    return new KubeEventRecorder({
      ...this.#options,
      clock: systemClock,
      controller: CONTROLLER,
      instance: hostname(),
    });
  }
}
