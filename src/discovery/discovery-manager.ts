import type { DiscoveryConfig, KnownSource, TargetGroup } from "../allocator/index.ts";
import type { Clock } from "../observability/clock.ts";
import type { Logger } from "../observability/logger.ts";
import { Provider } from "./provider.ts";
import type { DiscovererFactory } from "./registry.ts";

/** Takes what the jobs' sources found. Calls are cheap; the receiver does its work later. */
export interface DiscoveryConsumer {
  /** Groups of one source of one job that changed; a group without targets is gone. */
  updateGroups(job: string, provider: string, groups: readonly TargetGroup[]): void;
  /** The job no longer uses this source: all its groups are gone. */
  removeProvider(job: string, provider: string): void;
}

/** What a job is discovered by. */
export interface DiscoveredJob {
  readonly name: string;
  readonly discovery: readonly DiscoveryConfig[];
}

/** How far the discovery of one job is. */
export interface JobDiscovery {
  /** "pending": a source has neither reported nor failed yet. "failing": the latest attempt of a source failed. */
  readonly state: "pending" | "settled" | "failing";
  /** What was tried on what, while failing. */
  readonly error?: string;
  /** Whether anything is known of the job: a source has reported, be it that there are no targets. */
  readonly known: boolean;
}

/** What a discovery manager needs of its surroundings. */
export interface DiscoveryManagerOptions {
  readonly createDiscoverer: DiscovererFactory;
  readonly consumer: DiscoveryConsumer;
  readonly clock: Clock;
  readonly log: Logger;
  /** A state that {@link DiscoveryManager.stateOf} answers has changed. */
  readonly onStateChange: () => void;
}

/** The sources of one job. */
interface Subscription {
  readonly wanted: ReadonlySet<Provider>;
  /** Sources that the job no longer asks for, kept until all that it asks for have reported. */
  readonly retiring: ReadonlySet<Provider>;
}

const NO_SOURCES: Subscription = { wanted: new Set(), retiring: new Set() };

/**
 * Runs the discoverers of all jobs: one for each distinct source, however many jobs use it. A new configuration starts
 * and stops only what differs.
 *
 * When a job's sources change, the targets of the old ones stay until the new ones have reported: between "no longer
 * asked for" and "replaced" the job must not look as if it had no targets.
 */
export class DiscoveryManager {
  readonly #options: DiscoveryManagerOptions;
  readonly #providers = new Map<string, Provider>();
  readonly #subscriptions = new Map<string, Subscription>();
  /** Who uses a source, also while it retires. */
  readonly #jobs = new Map<Provider, Set<string>>();
  /** Sources that have neither reported nor failed yet. */
  readonly #unheard = new Set<Provider>();
  readonly #stopping = new Set<Promise<void>>();
  #stopped = false;

  constructor(options: DiscoveryManagerOptions) {
    this.#options = options;
  }

  /** Makes exactly these jobs be discovered. Known groups of a shared source reach a new job before this returns. */
  apply(jobs: readonly DiscoveredJob[]): void {
    if (this.#stopped) return;
    const fresh = new Set<Provider>();
    const names = new Set(jobs.map(({ name }) => name));
    for (const job of jobs) this.#subscribe(job, fresh);
    for (const name of this.#subscriptions.keys()) {
      if (!names.has(name)) this.#unsubscribe(name);
    }
    for (const name of names) this.#retire(name);
    for (const provider of fresh) provider.start();
    this.#options.onStateChange();
  }

  /** No job is pending. Says it without a look at each of them. */
  get settled(): boolean {
    return this.#unheard.size === 0;
  }

  /** Undefined for a job that is not configured. */
  stateOf(job: string): JobDiscovery | undefined {
    const subscription = this.#subscriptions.get(job);
    if (subscription === undefined) return undefined;
    const wanted = [...subscription.wanted];
    const known = wanted.length === 0 || sourcesOf(subscription).some((provider) => provider.known);
    if (wanted.some((provider) => this.#unheard.has(provider))) return { state: "pending", known };
    const errors = new Set(wanted.flatMap(({ error }) => (error === undefined ? [] : [error.message])));
    return errors.size > 0 ? { state: "failing", error: [...errors].join("; "), known } : { state: "settled", known };
  }

  /**
   * Hands all known groups to a consumer that starts from nothing. There can be very many, so others may work after
   * each yield; what changes meanwhile must be handed to the consumer, too.
   */
  *replay(consumer: Pick<DiscoveryConsumer, "updateGroups">): Generator<undefined, void> {
    for (const [job, subscription] of this.#subscriptions) {
      for (const provider of sourcesOf(subscription)) {
        if (provider.known) consumer.updateGroups(job, provider.name, provider.groups());
      }
      yield;
    }
  }

  /** Everything that is known of one job now, by source; none for a job that is not configured. */
  sourcesOf(job: string): readonly KnownSource[] {
    const known = sourcesOf(this.#subscriptions.get(job) ?? NO_SOURCES).filter((provider) => provider.known);
    return known.map((provider) => ({ provider: provider.name, groups: provider.groups() }));
  }

  /** Stops every discoverer; resolves when all have released what they held. Nothing reaches the consumer after it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const provider of this.#providers.values()) this.#stop(provider);
    this.#providers.clear();
    this.#subscriptions.clear();
    this.#jobs.clear();
    this.#unheard.clear();
    await Promise.all(this.#stopping);
  }

  #subscribe({ name, discovery }: DiscoveredJob, fresh: Set<Provider>): void {
    const held = sourcesOf(this.#subscriptions.get(name) ?? NO_SOURCES);
    const wanted = new Set(discovery.map((config) => this.#providerFor(config, fresh)));
    for (const provider of wanted) {
      if (held.includes(provider)) continue;
      this.#jobs.get(provider)?.add(name);
      if (provider.known) this.#options.consumer.updateGroups(name, provider.name, provider.groups());
    }
    this.#subscriptions.set(name, { wanted, retiring: new Set(held.filter((provider) => !wanted.has(provider))) });
  }

  #unsubscribe(name: string): void {
    const subscription = this.#subscriptions.get(name) ?? NO_SOURCES;
    this.#subscriptions.delete(name);
    for (const provider of sourcesOf(subscription)) this.#drop(name, provider);
  }

  #providerFor(config: DiscoveryConfig, fresh: Set<Provider>): Provider {
    const existing = this.#providers.get(config.canonicalKey);
    if (existing !== undefined) return existing;
    const { clock, log, createDiscoverer } = this.#options;
    const provider: Provider = new Provider({
      config,
      createDiscoverer,
      jobs: () => this.#jobs.get(provider) ?? [],
      clock,
      log,
      onGroups: (groups) => this.#forward(provider, groups),
      onStateChange: () => this.#stateChanged(provider),
    });
    this.#providers.set(config.canonicalKey, provider);
    this.#jobs.set(provider, new Set());
    this.#unheard.add(provider);
    fresh.add(provider);
    return provider;
  }

  #forward(provider: Provider, groups: readonly TargetGroup[]): void {
    for (const job of this.#jobs.get(provider) ?? []) this.#options.consumer.updateGroups(job, provider.name, groups);
  }

  #stateChanged(provider: Provider): void {
    this.#unheard.delete(provider);
    for (const job of this.#jobs.get(provider) ?? []) this.#retire(job);
    this.#options.onStateChange();
  }

  /** Lets go of a job's old sources once all its new ones have reported; of those that know nothing, at once. */
  #retire(job: string): void {
    const { wanted, retiring } = this.#subscriptions.get(job) ?? NO_SOURCES;
    if (retiring.size === 0) return;
    const replaced = [...wanted].every((provider) => provider.known);
    const stays = (provider: Provider): boolean => provider.known && !replaced;
    this.#subscriptions.set(job, { wanted, retiring: new Set([...retiring].filter(stays)) });
    for (const provider of retiring) if (!stays(provider)) this.#drop(job, provider);
  }

  /** The job no longer uses the provider; nobody needs one that no job uses. */
  #drop(job: string, provider: Provider): void {
    this.#options.consumer.removeProvider(job, provider.name);
    const jobs = this.#jobs.get(provider);
    jobs?.delete(job);
    if (jobs?.size !== 0) return;
    this.#jobs.delete(provider);
    this.#unheard.delete(provider);
    this.#providers.delete(provider.key);
    this.#stop(provider);
  }

  #stop(provider: Provider): void {
    const stopped = provider.stop().finally(() => this.#stopping.delete(stopped));
    this.#stopping.add(stopped);
  }
}

function sourcesOf({ wanted, retiring }: Subscription): readonly Provider[] {
  return [...wanted, ...retiring];
}
