import { type KubeObject, type NamespacedName, keyOf } from "../api/meta.ts";
import type { ChangeEvent, Informer, InformerFactory, WatchScope } from "./informer.ts";
import { SharedWatch } from "./shared-watch.ts";
import { scopeKey } from "./watch-scope.ts";
import type { WatchSource } from "./watch-source.ts";

export interface SharedInformersOptions {
  readonly source: WatchSource;
  /** An exception of a change or health handler. The scope is the one whose event it was given. */
  readonly onHandlerError: (error: unknown, scope: WatchScope) => void;
}

interface RunningWatch {
  readonly watch: SharedWatch;
  readonly stop: () => Promise<void>;
  uses: number;
}

/** One watch per scope, however many use it; it starts with the first use and stops with the last. */
export class SharedInformers implements InformerFactory {
  readonly #options: SharedInformersOptions;
  readonly #running = new Map<string, RunningWatch>();
  readonly #stopping = new Set<Promise<void>>();

  constructor(options: SharedInformersOptions) {
    this.#options = options;
  }

  /** How many watches run. */
  get size(): number {
    return this.#running.size;
  }

  informer<T extends KubeObject>(scope: WatchScope): Informer<T> {
    const key = scopeKey(scope);
    const running = this.#running.get(key) ?? this.#start(key, scope);
    running.uses += 1;
    const informer = new SharedInformer(running.watch, () => {
      running.uses -= 1;
      if (running.uses === 0) this.#stop(key, running);
    });
    // The scope names the kind; that its objects look like T is the caller's claim.
    return informer as unknown as Informer<T>;
  }

  /** Stops every watch, whoever uses it, and resolves when nothing is left running. */
  async close(): Promise<void> {
    for (const [key, running] of this.#running) this.#stop(key, running);
    await Promise.all(this.#stopping);
  }

  #start(key: string, scope: WatchScope): RunningWatch {
    const watch = new SharedWatch((error) => this.#options.onHandlerError(error, scope));
    const running = { watch, stop: this.#options.source(scope, watch), uses: 0 };
    this.#running.set(key, running);
    return running;
  }

  #stop(key: string, running: RunningWatch): void {
    // After close() a new watch may run under the same key while old uses are still being released.
    if (this.#running.get(key) !== running) return;
    this.#running.delete(key);
    const stopped = running.stop().finally(() => this.#stopping.delete(stopped));
    this.#stopping.add(stopped);
  }
}

/** One use of a shared watch. */
class SharedInformer implements Informer {
  readonly #watch: SharedWatch;
  readonly #onRelease: () => void;
  readonly #subscriptions = new Set<() => void>();
  #released = false;

  constructor(watch: SharedWatch, onRelease: () => void) {
    this.#watch = watch;
    this.#onRelease = onRelease;
  }

  get(key: NamespacedName): KubeObject | undefined {
    return this.#watch.objects.get(keyOf(key));
  }
  list(): Iterable<KubeObject> {
    return this.#watch.objects.values();
  }
  get size(): number {
    return this.#watch.objects.size;
  }
  get synced(): boolean {
    return this.#watch.synced;
  }

  async whenSynced(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#watch.synced) return;
    const { promise, reject } = Promise.withResolvers<never>();
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      await Promise.race([this.#watch.whenSynced, promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  onChange(handler: (event: ChangeEvent) => void): () => void {
    return this.#subscribe(this.#watch.onChange(handler));
  }
  onHealth(handler: (error: Error | undefined) => void): () => void {
    return this.#subscribe(this.#watch.onHealth(handler));
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#subscriptions.clear();
    this.#onRelease();
  }

  #subscribe(unsubscribe: () => void): () => void {
    const once = (): void => {
      this.#subscriptions.delete(once);
      unsubscribe();
    };
    this.#subscriptions.add(once);
    return once;
  }
}
