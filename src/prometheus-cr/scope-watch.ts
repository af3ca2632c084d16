import { type KubeObject, objectKey } from "../api/meta.ts";
import { ForbiddenError, NotFoundError } from "../kube/errors.ts";
import type { ChangeEvent, Informer, InformerFactory, WatchScope } from "../kube/informer.ts";

/** Where the objects of one scope go, and who is told how the watch does. */
export interface ScopeWatchOptions {
  readonly informers: InformerFactory;
  readonly scope: WatchScope;
  /** Undefined when the object of this key (see objectKey) is gone. */
  readonly onObject: (key: string, object: KubeObject | undefined) => void;
  readonly onState: () => void;
}

/**
 * "pending": nothing is known yet. "watching": the objects are known and followed. "missing": the server does not know the
 * kind. "forbidden": this account must not watch the scope.
 */
export type WatchState = "pending" | "watching" | "missing" | "forbidden";

/**
 * The objects of one scope, through interruptions: what was known stays known while the watch fails or pauses, and when
 * it works again only the differences are told.
 */
export class ScopeWatch {
  readonly #options: ScopeWatchOptions;
  readonly #objects = new Map<string, KubeObject>();
  #informer: Informer | undefined;
  #stop = new AbortController();
  #failure: Error | undefined;

  constructor(options: ScopeWatchOptions) {
    this.#options = options;
  }

  get state(): WatchState {
    if (this.#failure instanceof NotFoundError) return "missing";
    // 401 says that the credentials are not accepted, which is no answer to what they allow.
    if (this.#failure instanceof ForbiddenError && this.#failure.status === 403) return "forbidden";
    return this.#informer?.synced === true ? "watching" : "pending";
  }

  /** Why the watch fails; undefined when it does not. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Begins, or goes on after a pause. */
  start(): void {
    if (this.#informer !== undefined) return;
    const { informers, scope } = this.#options;
    const informer = informers.informer(scope);
    this.#informer = informer;
    this.#stop = new AbortController();
    this.#failure = undefined;
    informer.onChange((event) => this.#take(event));
    informer.onHealth((error) => this.#fail(error));
    informer.whenSynced(this.#stop.signal).then(
      () => this.#complete(informer),
      () => undefined,
    );
  }

  /** Asks the server nothing any more until it is started again. What is known stays. */
  pause(): void {
    this.#stop.abort();
    this.#informer?.release();
    this.#informer = undefined;
  }

  /** What is known does not exist any more. */
  forget(): void {
    for (const key of this.#objects.keys()) this.#options.onObject(key, undefined);
    this.#objects.clear();
  }

  #take({ type, object }: ChangeEvent): void {
    const key = objectKey(object);
    if (type === "deleted") {
      this.#objects.delete(key);
      this.#options.onObject(key, undefined);
    } else if (this.#objects.get(key) !== object) {
      this.#objects.set(key, object);
      this.#options.onObject(key, object);
    }
  }

  /** What is not in the list was deleted while nobody looked. */
  #complete(informer: Informer): void {
    if (this.#informer !== informer) return;
    const there = new Set([...informer.list()].map(objectKey));
    for (const key of this.#objects.keys()) {
      if (there.has(key)) continue;
      this.#objects.delete(key);
      this.#options.onObject(key, undefined);
    }
    this.#options.onState();
  }

  #fail(error: Error | undefined): void {
    this.#failure = error;
    this.#options.onState();
  }
}
