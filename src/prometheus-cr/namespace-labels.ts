import type { KubeObject } from "../api/meta.ts";
import { RESOURCES } from "../api/resource-type.ts";
import type { KubeClient } from "../kube/client.ts";
import type { InformerFactory } from "../kube/informer.ts";
import type { Clock } from "../observability/clock.ts";
import { ScopeWatch } from "./scope-watch.ts";

export interface NamespaceLabelsOptions {
  readonly informers: InformerFactory;
  readonly client: Pick<KubeClient, "get">;
  readonly clock: Clock;
  /** The only namespaces that matter; undefined: all. */
  readonly namespaces: readonly string[] | undefined;
  /** The labels of a namespace have changed, or it has come or gone. */
  readonly onNamespace: (name: string) => void;
  readonly onState: () => void;
}

type Labels = Readonly<Record<string, string>>;

/** How often namespaces are read that must not be watched: as often as the Go allocator does. */
const REREAD_MS = 15_000;
const NO_LABELS: Labels = Object.freeze({});

/**
 * The labels of namespaces. Where the account must not watch namespaces and only a few matter, these are read one by one,
 * again and again: that takes no more than permission to get them.
 */
export class NamespaceLabels {
  readonly #options: NamespaceLabelsOptions;
  readonly #labels = new Map<string, Labels>();
  readonly #watch: ScopeWatch;
  readonly #stop = new AbortController();
  #reading = false;
  #read = false;
  #failure: string | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(options: NamespaceLabelsOptions) {
    this.#options = options;
    this.#watch = new ScopeWatch({
      informers: options.informers,
      scope: { type: RESOURCES.Namespace, shape: "discovery" },
      onObject: (name, object) => this.#take(name, object),
      onState: () => this.#stateChanged(),
    });
  }

  start(): void {
    this.#watch.start();
  }

  stop(): void {
    this.#stop.abort();
    this.#watch.pause();
    this.#cancelTimer?.();
  }

  /** Undefined for a namespace that is not known. */
  labelsOf(name: string): Labels | undefined {
    return this.#labels.get(name);
  }

  /** Everything is known that can be known now. */
  get settled(): boolean {
    if (this.#reading) return this.#read;
    return this.#watch.state === "watching" || (this.#watch.state === "forbidden" && !this.#canRead);
  }

  /** Why labels are not known, or not current; undefined when they are. */
  get failure(): string | undefined {
    return this.#reading ? this.#failure : this.#watch.failure?.message;
  }

  get #canRead(): boolean {
    return this.#options.namespaces !== undefined;
  }

  #stateChanged(): void {
    if (this.#stop.signal.aborted) return;
    if (this.#watch.state === "forbidden" && this.#canRead && !this.#reading) {
      this.#reading = true;
      this.#watch.pause();
      void this.#readAll();
    }
    this.#options.onState();
  }

  async #readAll(): Promise<void> {
    const { client, clock, namespaces = [] } = this.#options;
    const { signal } = this.#stop;
    let failure: string | undefined;
    for (const name of namespaces) {
      try {
        this.#take(name, await client.get(RESOURCES.Namespace, { namespace: "", name }, signal));
      } catch (error) {
        if (signal.aborted) return;
        failure ??= error instanceof Error ? error.message : String(error);
      }
    }
    if (signal.aborted) return;
    this.#failure = failure;
    this.#read = true;
    this.#cancelTimer = clock.after(REREAD_MS, () => void this.#readAll());
    this.#options.onState();
  }

  #take(name: string, object: KubeObject | undefined): void {
    const before = this.#labels.get(name);
    const after = object === undefined ? undefined : (object.metadata.labels ?? NO_LABELS);
    if (sameLabels(before, after)) return;
    if (after === undefined) this.#labels.delete(name);
    else this.#labels.set(name, after);
    this.#options.onNamespace(name);
  }
}

function sameLabels(a: Labels | undefined, b: Labels | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
