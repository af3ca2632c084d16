import type { Discoverer, DiscoveryConfig, DiscoverySink, TargetGroup } from "../../src/allocator/index.ts";
import { labelsOf } from "../../src/allocator/index.ts";

/** One run of a discoverer, driven by the test. */
export interface FakeRun {
  readonly sink: DiscoverySink;
  readonly signal: AbortSignal;
  /** Ends the run by itself, or rejects it. */
  end(error?: Error): void;
}

/** Makes discoverers that do nothing by themselves; their runs are found by the settings' `name`. */
export class FakeDiscoverers {
  readonly #runs = new Map<string, FakeRun[]>();

  /** Runs that have not ended. */
  active = 0;

  readonly create = ({ settings }: DiscoveryConfig): Discoverer => ({
    run: async (sink, signal) => {
      const name = settings["name"] as string;
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const end = (error?: Error): void => (error === undefined ? resolve() : reject(error));
      this.#runs.set(name, [...(this.#runs.get(name) ?? []), { sink, signal, end }]);
      this.active += 1;
      signal.addEventListener("abort", () => resolve());
      await promise.finally(() => {
        this.active -= 1;
      });
    },
  });

  /** All runs of the source so far, in order. */
  runs(name: string): readonly FakeRun[] {
    return this.#runs.get(name) ?? [];
  }

  /** The latest run of the source. */
  run(name: string): FakeRun {
    const run = this.runs(name).at(-1);
    if (run === undefined) throw new Error(`source ${name} was never run`);
    return run;
  }
}

/** A source that the fakes answer for. Equal names mean equal settings. */
export function source(name: string): DiscoveryConfig {
  return { mechanism: "fake", settings: { name }, canonicalKey: `fake ${name}` };
}

/** A group of targets with these addresses. */
export function group(name: string, ...addresses: readonly string[]): TargetGroup {
  return {
    source: name,
    labels: labelsOf({ group: name }),
    targets: addresses.map((address) => labelsOf({ __address__: address })),
  };
}
