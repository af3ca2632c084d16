import { type KubeObject, type NamespacedName, objectKey } from "../api/meta.ts";
import type { ResourceType } from "../api/resource-type.ts";
import type { ChangeEvent, Informer, InformerFactory, WatchScope } from "../kube/informer.ts";
import { controllerOf } from "./manifests/owner-reference.ts";
import { type OpenSource, type Source, type WatchOptions, watchSource } from "./runtime/source.ts";

/** Which objects make which requests due; see {@link WatchOptions}. */
export type CachedWatch = Omit<WatchOptions<KubeObject>, "informers">;

interface Watched {
  readonly scope: WatchScope;
  uses: number;
  informer: Informer | undefined;
}

/**
 * What a controller reads from: the objects of its own sources, by name and by owner, for as long as these are open. A
 * source and its reader share one watch, so a request never comes before the object that it is about.
 */
export class ObjectCache {
  readonly #informers: InformerFactory;
  readonly #watched: Watched[] = [];
  /** Owner's UID → objects that it controls, by kind and name. */
  readonly #byOwner = new Map<string, Map<string, KubeObject>>();

  constructor(informers: InformerFactory) {
    this.#informers = informers;
  }

  /** A source whose objects are kept here while it is open. */
  source(watch: CachedWatch): Source {
    const watched: Watched = { scope: watch.scope, uses: 0, informer: undefined };
    this.#watched.push(watched);
    const source = watchSource({ ...watch, informers: this.#informers });
    return { name: source.name, open: () => this.#open(source, watched) };
  }

  /** The object as last heard of. */
  get(type: ResourceType, key: NamespacedName): KubeObject | undefined {
    for (const { scope, informer } of this.#watched) {
      const found = scope.type.kind === type.kind ? informer?.get(key) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Every object of the kind, as last heard of. */
  *list(type: ResourceType): Iterable<KubeObject> {
    for (const { scope, informer } of this.#watched) {
      if (scope.type.kind === type.kind && informer !== undefined) yield* informer.list();
    }
  }

  /** The objects whose controller has this UID, in no particular order. */
  controlledBy(uid: string): readonly KubeObject[] {
    return [...(this.#byOwner.get(uid)?.values() ?? [])];
  }

  #open(source: Source, watched: Watched): OpenSource {
    if (watched.uses === 0) this.#start(watched);
    watched.uses += 1;
    const inner = source.open();
    let open = true;
    return {
      get synced() {
        return inner.synced;
      },
      whenSynced: async (signal) => inner.whenSynced(signal),
      problem: () => inner.problem(),
      subscribe: (enqueue) => inner.subscribe(enqueue),
      close: () => {
        if (!open) return;
        open = false;
        inner.close();
        watched.uses -= 1;
        if (watched.uses === 0) this.#stop(watched);
      },
    };
  }

  #start(watched: Watched): void {
    watched.informer = this.#informers.informer(watched.scope);
    watched.informer.onChange((event) => this.#index(event));
  }

  #stop(watched: Watched): void {
    for (const object of watched.informer?.list() ?? []) this.#forget(object);
    watched.informer?.release();
    watched.informer = undefined;
  }

  #index(event: ChangeEvent): void {
    if (event.type === "updated") this.#forget(event.previous);
    if (event.type === "deleted") this.#forget(event.object);
    else this.#remember(event.object);
  }

  #remember(object: KubeObject): void {
    const uid = controllerOf(object)?.uid;
    if (uid === undefined) return;
    const owned = this.#byOwner.get(uid) ?? new Map<string, KubeObject>();
    this.#byOwner.set(uid, owned.set(objectId(object), object));
  }

  #forget(object: KubeObject): void {
    const uid = controllerOf(object)?.uid ?? "";
    const owned = this.#byOwner.get(uid);
    owned?.delete(objectId(object));
    if (owned?.size === 0) this.#byOwner.delete(uid);
  }
}

/** Tells objects of different kinds apart: `Service shop/web`. */
export function objectId(object: KubeObject): string {
  return `${object.kind} ${objectKey(object)}`;
}
