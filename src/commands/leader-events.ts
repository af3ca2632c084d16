import type { KubeObject } from "../api/meta.ts";
import type { EventRecorder, ObjectEvent, Runnable } from "../controllers/index.ts";

/** Kept of what a replica would tell if it led. */
const MOST_HELD = 256;

/**
 * Tells authors what is wrong with their monitors, once for all replicas: each finds it out, and the one that leads says
 * it. Whoever becomes the leader says what was found before.
 */
export class LeaderEvents implements EventRecorder, Runnable {
  readonly name = "events of monitors";
  readonly needsLeaderElection = true;
  readonly #recorder: EventRecorder;
  readonly #held = new Map<string, readonly [regarding: KubeObject, event: ObjectEvent]>();
  #leads = false;

  constructor(recorder: EventRecorder) {
    this.#recorder = recorder;
  }

  record(regarding: KubeObject, event: ObjectEvent): void {
    if (this.#leads) this.#recorder.record(regarding, event);
    else this.#hold(regarding, event);
  }

  run(stop: AbortSignal): Promise<void> {
    this.#leads = true;
    for (const held of this.#held.values()) this.#recorder.record(...held);
    this.#held.clear();
    const { promise, resolve } = Promise.withResolvers<void>();
    const onStop = (): void => {
      this.#leads = false;
      resolve();
    };
    if (stop.aborted) onStop();
    else stop.addEventListener("abort", onStop, { once: true });
    return promise;
  }

  /** What is held of an object is the latest. */
  #hold(regarding: KubeObject, event: ObjectEvent): void {
    const { namespace = "", name, uid = "" } = regarding.metadata;
    this.#held.set([regarding.kind, namespace, name, uid].join("/"), [regarding, event]);
    const [oldest] = this.#held.keys();
    if (this.#held.size > MOST_HELD && oldest !== undefined) this.#held.delete(oldest);
  }
}
