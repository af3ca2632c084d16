import { objectKey, type KubeObject, keyOf, type NamespacedName } from "../../src/api/meta.ts";
import type { ChangeEvent, Informer, InformerFactory, WatchScope } from "../../src/kube/informer.ts";

/** Watches that a test drives by hand: what is in them, when they are in sync, when they fail. */
export class FakeInformers implements InformerFactory {
  readonly #watches = new Map<string, FakeWatch>();

  informer<T extends KubeObject>(scope: WatchScope): Informer<T> {
    return this.watch(scope).use() as unknown as Informer<T>;
  }

  /** The watch of the scope; begins out of sync and empty. */
  watch(scope: WatchScope): FakeWatch {
    const key = JSON.stringify([scope.type.group, scope.type.kind, scope.namespace, scope.labelSelector]);
    let watch = this.#watches.get(key);
    if (watch === undefined) {
      watch = new FakeWatch();
      this.#watches.set(key, watch);
    }
    return watch;
  }
}

/** One watch and its cache. */
export class FakeWatch {
  readonly objects = new Map<string, KubeObject>();
  readonly #uses = new Set<FakeInformer>();
  readonly #sync = Promise.withResolvers<void>();
  #error: Error | undefined;
  synced = false;

  /** How many uses are not released. */
  get uses(): number {
    return this.#uses.size;
  }

  get error(): Error | undefined {
    return this.#error;
  }

  use(): FakeInformer {
    const use = new FakeInformer(this, () => this.#uses.delete(use));
    this.#uses.add(use);
    return use;
  }

  /** The first list is complete. */
  sync(): this {
    this.synced = true;
    this.#sync.resolve();
    return this;
  }

  /** The watch fails, or has recovered. */
  fail(error: Error | undefined): void {
    this.#error = error;
    for (const use of this.#uses) use.reportHealth(error);
  }

  /** The object is created or changed. */
  put(object: KubeObject): void {
    const previous = this.objects.get(objectKey(object));
    this.objects.set(objectKey(object), object);
    this.#emit(previous === undefined ? { type: "added", object } : { type: "updated", object, previous });
  }

  delete(object: KubeObject): void {
    this.objects.delete(objectKey(object));
    this.#emit({ type: "deleted", object });
  }

  async whenSynced(): Promise<void> {
    await this.#sync.promise;
  }

  #emit(event: ChangeEvent): void {
    for (const use of this.#uses) use.report(event);
  }
}

class FakeInformer implements Informer {
  readonly #watch: FakeWatch;
  readonly #onRelease: () => void;
  readonly #changes = new Set<(event: ChangeEvent) => void>();
  readonly #health = new Set<(error: Error | undefined) => void>();

  constructor(watch: FakeWatch, onRelease: () => void) {
    this.#watch = watch;
    this.#onRelease = onRelease;
  }

  get synced(): boolean {
    return this.#watch.synced;
  }

  get size(): number {
    return this.#watch.objects.size;
  }

  get(key: NamespacedName): KubeObject | undefined {
    return this.#watch.objects.get(keyOf(key));
  }

  list(): Iterable<KubeObject> {
    return this.#watch.objects.values();
  }

  async whenSynced(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, reject } = Promise.withResolvers<never>();
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    await Promise.race([this.#watch.whenSynced(), promise]);
  }

  onChange(handler: (event: ChangeEvent) => void): () => void {
    for (const object of this.#watch.objects.values()) handler({ type: "added", object });
    this.#changes.add(handler);
    return () => this.#changes.delete(handler);
  }

  onHealth(handler: (error: Error | undefined) => void): () => void {
    if (this.#watch.error !== undefined) handler(this.#watch.error);
    this.#health.add(handler);
    return () => this.#health.delete(handler);
  }

  release(): void {
    this.#changes.clear();
    this.#health.clear();
    this.#onRelease();
  }

  report(event: ChangeEvent): void {
    for (const handler of this.#changes) handler(event);
  }

  reportHealth(error: Error | undefined): void {
    for (const handler of this.#health) handler(error);
  }
}
