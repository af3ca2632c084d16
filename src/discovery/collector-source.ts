import { type CollectorInstance, compareBytewise } from "../allocator/index.ts";
import { untilAborted } from "./until-aborted.ts";
import type { WaitingPod } from "./waiting-pod.ts";

/** Where a source of collectors reports. */
export interface CollectorSink {
  /**
   * All collectors that there are now, sorted by name. The first call, even with none, ends the wait for them.
   *
   * @param waiting - Pods that are selected and no collectors, for whoever asks why. Default: none.
   */
  update(collectors: readonly CollectorInstance[], waiting?: readonly WaitingPod[]): void;
  /** The latest attempt failed; the collectors known so far stay. Cleared by the next update. */
  failed(error: Error): void;
  /** Why collectors are reported without their zones, though somebody asked for those; undefined when it is over. */
  zonesFailed(error: Error | undefined): void;
}

/** Where collectors come from. */
export interface CollectorSource {
  /** Reports until the signal is aborted, then resolves with everything released. */
  run(sink: CollectorSink, signal: AbortSignal): Promise<void>;
}

/** Collectors that the configuration names: for running without Kubernetes. */
export class StaticCollectors implements CollectorSource {
  readonly #collectors: readonly CollectorInstance[];

  constructor(collectors: readonly CollectorInstance[]) {
    this.#collectors = sortedByName(collectors);
  }

  async run(sink: CollectorSink, signal: AbortSignal): Promise<void> {
    sink.update(this.#collectors);
    await untilAborted(signal);
  }
}

/** The order in which collectors are reported. */
export function sortedByName<T extends { readonly name: string }>(collectors: readonly T[]): readonly T[] {
  return collectors.toSorted((a, b) => compareBytewise(a.name, b.name));
}
