import { createHash } from "node:crypto";

import {
  type DiscoveryConfig,
  type DiscoverySink,
  EMPTY_LABELS,
  equalLabels,
  type Labels,
  type TargetGroup,
} from "../allocator/index.ts";
import type { Clock } from "../observability/clock.ts";
import type { LogFields, Logger } from "../observability/logger.ts";
import { keepRunning } from "./keep-running.ts";
import type { DiscovererFactory } from "./registry.ts";

/** How many jobs a log entry names. */
const LOGGED_JOBS = 10;

/** One source and who is told of what it finds. */
export interface ProviderOptions {
  readonly config: DiscoveryConfig;
  /** Called again after a run that rejected. May throw, which counts as a rejected run. */
  readonly createDiscoverer: DiscovererFactory;
  /** Who uses the source, for the log. */
  readonly jobs: () => Iterable<string>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Groups that differ from what was known; never empty. */
  readonly onGroups: (groups: readonly TargetGroup[]) => void;
  /** {@link Provider.known} or {@link Provider.error} has changed. */
  readonly onStateChange: () => void;
}

/** One running discoverer and everything that it has found so far. */
export class Provider {
  /**
   * What the engine knows the source by, such as `kubernetes/3f9a1c0e52b7`. Equal in every process for equal settings,
   * because the order of sources can decide which of two equal targets survives. Settings hold secrets: not to be shown.
   */
  readonly name: string;
  readonly #options: ProviderOptions;
  readonly #groups = new Map<string, TargetGroup>();
  readonly #abort = new AbortController();
  #known = false;
  #error: Error | undefined;
  #done: Promise<void> = Promise.resolve();

  constructor(options: ProviderOptions) {
    const { mechanism, canonicalKey } = options.config;
    this.name = `${mechanism}/${createHash("sha256").update(canonicalKey).digest("hex").slice(0, 12)}`;
    this.#options = options;
  }

  /** Equal settings have one provider. */
  get key(): string {
    return this.#options.config.canonicalKey;
  }

  /** The first full set has arrived, be it empty. */
  get known(): boolean {
    return this.#known;
  }

  /** Why the latest attempt failed; undefined when it did not. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Everything known now. */
  groups(): readonly TargetGroup[] {
    return [...this.#groups.values()];
  }

  start(): void {
    const { signal } = this.#abort;
    const { config, createDiscoverer, jobs, clock } = this.#options;
    const [job] = jobs();
    this.#done = keepRunning({
      run: async () => createDiscoverer(config, job).run(this.#sink(signal), signal),
      onError: (error) => this.#failed(error),
      clock,
      signal,
    });
  }

  /** Resolves when the discoverer has released what it held. It can do no more harm at once. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#done;
  }

  #sink(signal: AbortSignal): DiscoverySink {
    let first = true;
    return {
      update: (groups, failure) => {
        if (signal.aborted) return;
        this.#update(first ? groups.concat(this.#vanished(groups)) : groups, failure);
        first = false;
      },
      failed: (error) => {
        if (!signal.aborted) this.#failed(error);
      },
    };
  }

  /** A run that follows a broken one begins with the full set: what it does not name no longer exists. */
  #vanished(groups: readonly TargetGroup[]): readonly TargetGroup[] {
    if (this.#groups.size === 0) return [];
    const named = new Set(groups.map(({ source }) => source));
    return [...this.#groups.keys()]
      .filter((source) => !named.has(source))
      .map((source) => ({ source, labels: EMPTY_LABELS, targets: [] }));
  }

  #update(groups: readonly TargetGroup[], failure: Error | undefined): void {
    const changed = groups.filter((group) => this.#store(group));
    const first = !this.#known;
    this.#known = true;
    if (changed.length > 0) this.#options.onGroups(changed);
    const news = this.#setError(failure);
    if (first || news) this.#options.onStateChange();
  }

  #store(group: TargetGroup): boolean {
    const previous = this.#groups.get(group.source);
    if (group.targets.length === 0) return this.#groups.delete(group.source);
    if (previous !== undefined && sameGroup(previous, group)) return false;
    this.#groups.set(group.source, group);
    return true;
  }

  #failed(error: Error): void {
    if (this.#setError(error)) this.#options.onStateChange();
  }

  /** Logs what differs; true when something does. */
  #setError(error: Error | undefined): boolean {
    const before = this.#error?.message;
    this.#error = error;
    if (error?.message === before) return false;
    if (error === undefined) this.#options.log.info("discovery recovered", this.#logFields());
    else this.#options.log.warn("discovery fails", { ...this.#logFields(), error });
    return true;
  }

  #logFields(): LogFields {
    const { config, jobs } = this.#options;
    return { mechanism: config.mechanism, jobs: [...jobs()].slice(0, LOGGED_JOBS) };
  }
}

function sameGroup(a: TargetGroup, b: TargetGroup): boolean {
  return (
    a.targets.length === b.targets.length &&
    equalLabels(a.labels, b.labels) &&
    a.targets.every((target, i) => equalLabels(target, b.targets[i] as Labels))
  );
}
