import { type KubeObject, objectKey } from "../../api/meta.ts";
import type { WatchScope } from "../informer.ts";
import { type StripTransform, stripTransform } from "../strip-transforms.ts";
import { namespaceOf } from "../watch-scope.ts";
import type { WatchSink, WatchSource } from "../watch-source.ts";
import type { ObjectStore, StoreChange } from "./object-store.ts";
import { type Selects, selectorOf } from "./selectors.ts";

/**
 * Watches of a store. Deliveries wait for the end of the current turn, so that nobody is called back in the middle of a
 * write. An object that enters or leaves the selection by a change arrives as new or gone, as from a server.
 */
export function storeSource(store: ObjectStore): WatchSource {
  return (scope, sink) => {
    let watch: StoreWatch;
    try {
      watch = new StoreWatch(scope, sink);
    } catch (error) {
      // A selector that cannot be read: the watch never works, and says so.
      sink.health(error as Error);
      return async () => undefined;
    }
    watch.list(store);
    const unsubscribe = store.onChange((change) => watch.take(change));
    return async () => {
      unsubscribe();
      watch.stop();
    };
  };
}

class StoreWatch {
  readonly #scope: WatchScope;
  readonly #sink: WatchSink;
  readonly #selects: Selects;
  readonly #strip: StripTransform;
  #stopped = false;

  constructor(scope: WatchScope, sink: WatchSink) {
    this.#scope = scope;
    this.#sink = sink;
    const selects = selectorOf(scope.type, scope);
    const namespace = namespaceOf(scope);
    this.#selects = (object) => (namespace === undefined || object.metadata.namespace === namespace) && selects(object);
    this.#strip = stripTransform(scope.type, scope.shape ?? "full");
  }

  list(store: ObjectStore): void {
    const objects = [...store.ofKind(this.#scope.type)].flatMap(({ object }) =>
      this.#selects(object) ? [object] : [],
    );
    this.#deliver(() => {
      for (const object of objects) this.#sink.upsert(this.#strip(object));
      this.#sink.complete(new Set(objects.map(objectKey)));
    });
  }

  take({ type, before, after, deleted }: StoreChange): void {
    if (type.plural !== this.#scope.type.plural || type.group !== this.#scope.type.group) return;
    if (after !== undefined && this.#selects(after)) this.#deliver(() => this.#sink.upsert(this.#strip(after)));
    else if (before !== undefined && this.#selects(before)) this.#remove(deleted ?? before);
  }

  stop(): void {
    this.#stopped = true;
  }

  #remove(lastState: KubeObject): void {
    this.#deliver(() => this.#sink.remove(this.#strip(lastState)));
  }

  /** Microtasks run in the order in which they were queued, so changes keep theirs. */
  #deliver(delivery: () => void): void {
    queueMicrotask(() => {
      if (!this.#stopped) delivery();
    });
  }
}
