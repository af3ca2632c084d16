import { setImmediate as nextTurn } from "node:timers/promises";

import type { Discoverer, DiscoverySink, TargetGroup } from "../../allocator/index.ts";
import type { InformerFactory } from "../../kube/informer.ts";
import { Wakeup } from "../wakeup.ts";
import { explainWatchFailure } from "../watch-failure.ts";
import type { KubernetesObserver } from "./kubernetes-observer.ts";
import { RoleWatch } from "./role-watch.ts";
import type { KubernetesSettings } from "./settings.ts";

/** Objects that are built between two turns of the event loop: a few milliseconds of work. */
const OBJECTS_PER_TURN = 250;

/** What the kubernetes mechanism needs of its surroundings. */
export interface KubernetesDiscovererOptions {
  readonly settings: KubernetesSettings;
  /**
   * The watches of the cluster that the settings name: the process's own unless `api_server` or `kubeconfig_file` say
   * otherwise. A rejection is reported as a failure of the job and tried again.
   */
  readonly clusterFor: (settings: KubernetesSettings) => InformerFactory | Promise<InformerFactory>;
  /** The namespace that this program runs in, if any. */
  readonly ownNamespace: string | undefined;
  /** @default nobody counts */
  readonly observer?: KubernetesObserver | undefined;
}

/**
 * `kubernetes_sd_configs`: follows the objects of one role in one or more namespaces.
 *
 * The first update waits until every namespace has been read, or until the API server has said that it may not be. A
 * namespace that just does not answer holds it up: targets that are merely unknown must not look as if they were gone.
 */
export class KubernetesDiscoverer implements Discoverer {
  readonly #options: KubernetesDiscovererOptions;

  constructor(options: KubernetesDiscovererOptions) {
    this.#options = options;
  }

  async run(sink: DiscoverySink, signal: AbortSignal): Promise<void> {
    const { settings, clusterFor, observer } = this.#options;
    const namespaces = this.#namespaces();
    const informers = await clusterFor(settings);
    if (signal.aborted) return;
    const wakeup = new Wakeup();
    const changed = (): void => wakeup.notify();
    const watches = namespaces.map((namespace) => new RoleWatch({ settings, namespace, informers, changed, observer }));
    try {
      for (const watch of watches) watch.start(signal);
      await new Delivery(watches, sink).run(wakeup, signal);
    } finally {
      for (const watch of watches) watch.stop();
    }
  }

  /** undefined stands for all namespaces. */
  #namespaces(): readonly (string | undefined)[] {
    const { settings, ownNamespace } = this.#options;
    if (settings.role === "node") return [undefined];
    const names = new Set(settings.namespaces);
    if (settings.ownNamespace) {
      if (ownNamespace === undefined || ownNamespace === "") {
        throw new Error(
          "kubernetes_sd_configs: namespaces.own_namespace is set, but this program does not run in a pod; " +
            "list the namespace in namespaces.names",
        );
      }
      names.add(ownNamespace);
    }
    // For the API server the empty name stands for all namespaces.
    return names.size === 0 || names.has("") ? [undefined] : [...names];
  }
}

/** Carries groups and failures of some watches to the sink. Lives for one run. */
class Delivery {
  readonly #watches: readonly RoleWatch[];
  readonly #sink: DiscoverySink;
  #settled = false;
  /** The message of the failure that the sink knows of; undefined for none. */
  #reported: string | undefined;

  constructor(watches: readonly RoleWatch[], sink: DiscoverySink) {
    this.#watches = watches;
    this.#sink = sink;
  }

  async run(wakeup: Wakeup, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#settled) await this.#deliverChanges(signal);
      else await this.#deliverAll(signal);
      this.#reportHealth();
      await wakeup.wait(signal);
    }
  }

  async #deliverAll(signal: AbortSignal): Promise<void> {
    const states = new Set(this.#watches.map(({ state }) => state));
    if (states.has("pending") || !states.has("synced")) return;
    const groups: TargetGroup[] = [];
    for await (const batch of this.#batches(signal)) groups.push(...batch);
    if (signal.aborted) return;
    this.#settled = true;
    this.#update(groups);
  }

  async #deliverChanges(signal: AbortSignal): Promise<void> {
    for await (const batch of this.#batches(signal)) this.#update(batch);
  }

  /** Everything that is to be built, in batches, until nothing is left. Lets others work in between. */
  async *#batches(signal: AbortSignal): AsyncGenerator<readonly TargetGroup[], void> {
    for (const watch of this.#watches) {
      while (watch.state === "synced" && watch.hasWork && !signal.aborted) {
        yield watch.build(OBJECTS_PER_TURN);
        if (watch.hasWork) await nextTurn();
      }
    }
  }

  #update(groups: readonly TargetGroup[]): void {
    const failure = this.#failure();
    this.#sink.update(groups, failure);
    this.#reported = failure?.message;
  }

  #reportHealth(): void {
    const failure = this.#failure();
    if (failure?.message === this.#reported) return;
    if (failure !== undefined) this.#sink.failed(failure);
    else if (this.#settled) this.#sink.update([]);
    this.#reported = failure?.message;
  }

  /** What fails now, however many watches it concerns. */
  #failure(): Error | undefined {
    const errors = this.#watches.flatMap(({ failures }) => failures);
    if (errors.length === 0) return undefined;
    const messages = new Set(errors.map(explainWatchFailure));
    return new Error([...messages].toSorted().join("; "), { cause: errors[0] });
  }
}
