import { compareBytewise } from "../allocator/index.ts";
import { untilAborted } from "../discovery/until-aborted.ts";
import type { DiscovererFactory } from "../discovery/registry.ts";
import { checkTargetAllocatorFile, readTargetAllocatorFile } from "../options/target-allocator-file.ts";
import { Pipeline, type PipelineOptions } from "./pipeline.ts";
import type { PipelineSummary } from "./pipeline-summary.ts";

/** What all pipelines of the registry share. */
export interface PipelineRegistryOptions extends Omit<PipelineOptions, "createDiscoverer" | "metricLabels"> {
  /** @param namespace - Where the allocator would run: what `own_namespace` means. */
  readonly createDiscovererFor: (namespace: string) => DiscovererFactory;
}

/** What a pipeline is made of. */
export interface PipelineDefinition {
  readonly namespace: string;
  /** Of the TargetAllocator. */
  readonly name: string;
  /** Names of the OpenTelemetryCollectors that get their targets from it. */
  readonly collectors: readonly string[];
  /** The text of `targetallocator.yaml`. */
  readonly fileText: string;
}

/** One running pipeline, the TargetAllocator that it belongs to, and the collectors that it is for. */
export interface ListedPipeline {
  readonly namespace: string;
  readonly name: string;
  readonly collectors: readonly string[];
  readonly allocation: Pipeline;
  /** The file in force says that collectors may read secrets over plain HTTP. */
  readonly revealSecrets: boolean;
}

interface Entry {
  readonly namespace: string;
  readonly name: string;
  collectors: readonly string[];
  readonly allocation: Pipeline;
  readonly abort: AbortController;
  fileText: string | undefined;
  revealSecrets: boolean;
}

/**
 * The pipelines of one process, one for each TargetAllocator, by `namespace/name`. They share watches, because
 * they share the informers that they are given.
 */
export class PipelineRegistry {
  readonly #options: PipelineRegistryOptions;
  readonly #entries = new Map<string, Entry>();
  /** By `namespace/name` of collectors. */
  readonly #byCollector = new Map<string, Entry>();
  readonly #handlers = new Set<(key: string) => void>();
  readonly #stopping = new Set<Promise<void>>();
  #closed = false;

  constructor(options: PipelineRegistryOptions) {
    this.#options = options;
  }

  /**
   * Runs the pipeline from now on. An equal definition costs nothing, another text is taken over without interruption,
   * and one that cannot be used is a problem of the pipeline. Never throws.
   */
  ensure(key: string, definition: PipelineDefinition): void {
    if (this.#closed) return;
    const { namespace, name, fileText } = definition;
    const entry = this.#entries.get(key) ?? this.#start(key, definition);
    this.#serve(entry, definition.collectors);
    if (entry.fileText === fileText) return;
    entry.fileText = fileText;
    const error = this.#reload(entry, fileText);
    if (error !== undefined) this.#options.log.warn("the configuration cannot be used", { namespace, name, error });
  }

  /** Ends the pipeline. Does nothing when there is none. */
  remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.abort.abort();
    this.#serve(entry, []);
    this.#entries.delete(key);
  }

  /** Undefined when there is no such pipeline. */
  summary(key: string): PipelineSummary | undefined {
    return this.#entries.get(key)?.allocation.summary();
  }

  /** Calls back with the key when anything that can be read of a pipeline has changed. Returns the unsubscription. */
  onChange(handler: (key: string) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /** The pipeline from which an OpenTelemetryCollector gets its targets. */
  find(namespace: string, collector: string): ListedPipeline | undefined {
    return this.#byCollector.get(`${namespace}/${collector}`);
  }

  /** The pipeline of a TargetAllocator. */
  findAllocator(namespace: string, name: string): ListedPipeline | undefined {
    return this.#entries.get(`${namespace}/${name}`);
  }

  /** Sorted by namespace, then name. */
  list(): readonly ListedPipeline[] {
    return [...this.#entries.values()].toSorted(
      (a, b) => compareBytewise(a.namespace, b.namespace) || compareBytewise(a.name, b.name),
    );
  }

  /** Resolves when the signal is aborted and every pipeline has released what it held. Then none can be started. */
  async run(signal: AbortSignal): Promise<void> {
    await untilAborted(signal);
    this.#closed = true;
    for (const key of this.#entries.keys()) this.remove(key);
    await Promise.all(this.#stopping);
  }

  /** A collector that changes from one pipeline to another may be claimed by the new one before the old one lets go. */
  #serve(entry: Entry, collectors: readonly string[]): void {
    const keyOfCollector = (name: string): string => `${entry.namespace}/${name}`;
    for (const key of entry.collectors.map(keyOfCollector)) {
      if (this.#byCollector.get(key) === entry) this.#byCollector.delete(key);
    }
    for (const key of collectors.map(keyOfCollector)) this.#byCollector.set(key, entry);
    entry.collectors = collectors;
  }

  #reload(entry: Entry, fileText: string): Error | undefined {
    const { namespace, allocation } = entry;
    try {
      // The generated allocator takes its own namespace, whatever the file says.
      const file = { ...readTargetAllocatorFile(fileText), collectorNamespace: namespace };
      checkTargetAllocatorFile(file);
      const error = allocation.reload(file);
      if (error === undefined) entry.revealSecrets = file.allowInsecureAuthSecrets;
      return error;
    } catch (error) {
      return allocation.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #start(key: string, { namespace, name }: PipelineDefinition): Entry {
    const { createDiscovererFor, log, ...shared } = this.#options;
    const abort = new AbortController();
    const allocation = new Pipeline({
      ...shared,
      log: log.child({ namespace, name }),
      createDiscoverer: createDiscovererFor(namespace),
      metricLabels: { namespace, name },
    });
    const entry = { namespace, name, collectors: [], allocation, abort, fileText: undefined, revealSecrets: false };
    this.#entries.set(key, entry);
    allocation.onChange(() => {
      if (!abort.signal.aborted) this.#notify(key);
    });
    const stopped = allocation.run(abort.signal).finally(() => this.#stopping.delete(stopped));
    this.#stopping.add(stopped);
    return entry;
  }

  #notify(key: string): void {
    for (const handler of this.#handlers) handler(key);
  }
}
