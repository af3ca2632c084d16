import { type KubeObject, objectKey } from "../api/meta.ts";
import type { ChangeEvent } from "./informer.ts";
import type { WatchSink } from "./watch-source.ts";

type ChangeHandler = (event: ChangeEvent) => void;
type HealthHandler = (error: Error | undefined) => void;

/** Takes exceptions of handlers, which harm nobody else. */
export type HandlerErrorReporter = (error: unknown) => void;

/**
 * The cache of one watch and everybody who follows it. States that are already known are not delivered; an object that
 * was replaced by another one of the same name while nobody looked arrives as deleted and added.
 */
export class SharedWatch implements WatchSink {
  readonly #report: HandlerErrorReporter;
  readonly #objects = new Map<string, KubeObject>();
  // Copied on change, so that a dispatch in progress is not disturbed by handlers that come and go.
  #changeHandlers: readonly ChangeHandler[] = [];
  #healthHandlers: readonly HealthHandler[] = [];
  #failure: Error | undefined;
  readonly #synced = Promise.withResolvers<void>();
  #isSynced = false;

  constructor(report: HandlerErrorReporter) {
    this.#report = report;
  }

  get objects(): ReadonlyMap<string, KubeObject> {
    return this.#objects;
  }
  get synced(): boolean {
    return this.#isSynced;
  }
  get whenSynced(): Promise<void> {
    return this.#synced.promise;
  }

  upsert(object: KubeObject): void {
    const key = objectKey(object);
    const previous = this.#objects.get(key);
    if (previous?.metadata.uid === object.metadata.uid && previous !== undefined) {
      if (previous.metadata.resourceVersion === object.metadata.resourceVersion) return;
      this.#objects.set(key, object);
      this.#emit({ type: "updated", object, previous });
      return;
    }
    if (previous !== undefined) this.#drop(key, previous);
    this.#objects.set(key, object);
    this.#emit({ type: "added", object });
  }

  remove(object: KubeObject): void {
    const key = objectKey(object);
    if (this.#objects.has(key)) this.#drop(key, object);
  }

  complete(keys: ReadonlySet<string>): void {
    for (const [key, object] of this.#objects) {
      if (!keys.has(key)) this.#drop(key, object);
    }
    this.#isSynced = true;
    this.#synced.resolve();
  }

  health(error: Error | undefined): void {
    if (error?.message === this.#failure?.message) return;
    this.#failure = error;
    for (const handler of this.#healthHandlers) this.#guard(() => handler(error));
  }

  /** Replays the cache as "added", then follows. Returns the unsubscription. */
  onChange(handler: ChangeHandler): () => void {
    let active = true;
    const guarded: ChangeHandler = (event) => {
      if (active) this.#guard(() => handler(event));
    };
    // The handler may cause changes of its own only through a client, which never changes the cache in the same turn.
    for (const object of this.#objects.values()) guarded({ type: "added", object });
    this.#changeHandlers = [...this.#changeHandlers, guarded];
    return () => {
      active = false;
      this.#changeHandlers = this.#changeHandlers.filter((other) => other !== guarded);
    };
  }

  /** Reports a current failure at once, then follows. Returns the unsubscription. */
  onHealth(handler: HealthHandler): () => void {
    // Wrapped, because the same function may subscribe twice.
    const own: HealthHandler = (error) => handler(error);
    this.#healthHandlers = [...this.#healthHandlers, own];
    if (this.#failure !== undefined) this.#guard(() => own(this.#failure));
    return () => {
      this.#healthHandlers = this.#healthHandlers.filter((other) => other !== own);
    };
  }

  #drop(key: string, lastState: KubeObject): void {
    this.#objects.delete(key);
    this.#emit({ type: "deleted", object: lastState });
  }

  #emit(event: ChangeEvent): void {
    for (const handler of this.#changeHandlers) handler(event);
  }

  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#report(error);
    }
  }
}
