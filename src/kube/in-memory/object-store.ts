import { isDeepStrictEqual } from "node:util";
import { type KubeObject, type NamespacedName, type ObjectMeta, keyOf, objectKey } from "../../api/meta.ts";
import type { ResourceType } from "../../api/resource-type.ts";
import type { FieldManagers } from "./field-managers.ts";
import { traitsOf } from "./kind-traits.ts";

/** One stored object. Everything in it is frozen. */
export interface Stored {
  readonly type: ResourceType;
  readonly object: KubeObject;
  readonly managers: FieldManagers;
}

/** One change: added without `before`, deleted without `after`. `deleted` is `before` with the version of the end. */
export interface StoreChange {
  readonly type: ResourceType;
  readonly before?: KubeObject;
  readonly after?: KubeObject;
  readonly deleted?: KubeObject;
}

export interface ObjectStoreOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly newUid: () => string;
}

/**
 * Objects of every kind with their resource versions. It keeps what a server guarantees of any write: identity, times
 * and generation are the server's, a write that changes nothing changes no version, and an object with a deletion
 * timestamp is gone when its last finalizer is.
 */
export class ObjectStore {
  readonly #options: ObjectStoreOptions;
  readonly #kinds = new Map<string, Map<string, Stored>>();
  readonly #byUid = new Map<string, Stored>();
  readonly #dependents = new Map<string, Set<string>>();
  readonly #listeners = new Set<(change: StoreChange) => void>();
  #version = 0;

  constructor(options: ObjectStoreOptions) {
    this.#options = options;
  }

  get(type: ResourceType, key: NamespacedName): Stored | undefined {
    return this.#kinds.get(kindKey(type))?.get(keyOf(key));
  }

  byUid(uid: string): Stored | undefined {
    return this.#byUid.get(uid);
  }

  /** Everything that names the object as an owner. */
  dependentsOf(uid: string): readonly Stored[] {
    return [...(this.#dependents.get(uid) ?? [])].flatMap((dependent) => this.#byUid.get(dependent) ?? []);
  }

  ofKind(type: ResourceType): Iterable<Stored> {
    return this.#kinds.get(kindKey(type))?.values() ?? [];
  }

  all(): Iterable<Stored> {
    return this.#byUid.values();
  }

  /** Calls back in the middle of every write. Returns the unsubscription. */
  onChange(listener: (change: StoreChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Stores a new object; what it says of identity, times and generation is overruled. */
  insert(type: ResourceType, object: KubeObject, managers: FieldManagers): Stored {
    const {
      resourceVersion: _version,
      deletionTimestamp: _deletion,
      managedFields: _managed,
      ...given
    } = object.metadata;
    const metadata: ObjectMeta = {
      ...given,
      uid: this.#options.newUid(),
      creationTimestamp: timestamp(this.#options.now()),
      ...(traitsOf(type).generation ? { generation: 1 } : {}),
    };
    return this.#put({ type, object: { ...object, metadata }, managers }, undefined);
  }

  /**
   * Stores another state of an object. Returns what is stored afterwards: the same version when nothing changed, the
   * last one when that was the end of a deletion.
   */
  update(before: Stored, object: KubeObject, managers: FieldManagers): Stored {
    const { type } = before;
    const { resourceVersion: _version, managedFields: _managed, ...given } = object.metadata;
    const { uid, creationTimestamp, generation, deletionTimestamp } = before.object.metadata;
    const metadata = { ...given, ...present({ uid, creationTimestamp, generation, deletionTimestamp }) };
    const after = { ...object, metadata };
    if (isDeepStrictEqual(after, withoutVersion(before.object))) return this.#remember({ ...before, managers });
    const counted =
      generation === undefined || isEqualDesire(type, before.object, after) ? after : nextGeneration(after);
    return this.#finish({ type, object: counted, managers }, before);
  }

  /** Marks for deletion, with these finalizers besides those it has; removes it when there are none. */
  delete(stored: Stored, extraFinalizers: readonly string[] = []): void {
    const { metadata } = stored.object;
    const finalizers = [...new Set([...(metadata.finalizers ?? []), ...extraFinalizers])];
    if (metadata.deletionTimestamp !== undefined && finalizers.length === (metadata.finalizers ?? []).length) return;
    const marked = {
      ...stored.object,
      metadata: {
        ...metadata,
        deletionTimestamp: metadata.deletionTimestamp ?? timestamp(this.#options.now()),
        ...(finalizers.length === 0 ? {} : { finalizers }),
      },
    };
    this.#finish({ ...stored, object: metadata.generation === undefined ? marked : nextGeneration(marked) }, stored);
  }

  #finish(next: Stored, before: Stored): Stored {
    const { deletionTimestamp, finalizers = [] } = next.object.metadata;
    if (deletionTimestamp === undefined || finalizers.length > 0) return this.#put(next, before);
    return this.#drop(next, before);
  }

  #put(next: Stored, before: Stored | undefined): Stored {
    const stored = this.#remember({ ...next, object: this.#versioned(next.object) });
    this.#index(before?.object, stored.object);
    this.#emit({ type: next.type, ...(before === undefined ? {} : { before: before.object }), after: stored.object });
    return stored;
  }

  #drop(last: Stored, before: Stored): Stored {
    const deleted = this.#versioned(before.object);
    this.#kinds.get(kindKey(last.type))?.delete(objectKey(deleted));
    this.#byUid.delete(deleted.metadata.uid ?? "");
    this.#index(before.object, undefined);
    this.#emit({ type: last.type, before: before.object, deleted });
    return { ...last, object: freeze(last.object) };
  }

  #remember(stored: Stored): Stored {
    const key = kindKey(stored.type);
    const kind = this.#kinds.get(key) ?? new Map<string, Stored>();
    this.#kinds.set(key, kind.set(objectKey(stored.object), stored));
    this.#byUid.set(stored.object.metadata.uid ?? "", stored);
    return stored;
  }

  #versioned(object: KubeObject): KubeObject {
    this.#version += 1;
    return freeze({ ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } });
  }

  #index(before: KubeObject | undefined, after: KubeObject | undefined): void {
    const uid = (before ?? after)?.metadata.uid ?? "";
    for (const owner of before?.metadata.ownerReferences ?? []) this.#dependents.get(owner.uid)?.delete(uid);
    for (const owner of after?.metadata.ownerReferences ?? []) {
      const dependents = this.#dependents.get(owner.uid) ?? new Set<string>();
      this.#dependents.set(owner.uid, dependents.add(uid));
    }
  }

  #emit(change: StoreChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

function kindKey({ group, plural }: ResourceType): string {
  return `${plural}.${group}`;
}

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}

function withoutVersion(object: KubeObject): KubeObject {
  const { resourceVersion: _version, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** Generation counts what the user wants, which is all but metadata and, where it is a subresource, status. */
function isEqualDesire(type: ResourceType, before: KubeObject, after: KubeObject): boolean {
  const desire = (object: KubeObject): unknown => {
    const { metadata: _metadata, status, ...rest } = object as KubeObject & { readonly status?: unknown };
    return traitsOf(type).statusSubresource ? rest : { ...rest, status };
  };
  return isDeepStrictEqual(desire(before), desire(after));
}

function nextGeneration(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, generation: (object.metadata.generation ?? 0) + 1 } };
}

function present(metadata: Readonly<Record<string, unknown>>): Partial<ObjectMeta> {
  return Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined));
}

function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const child of Object.values(value)) freeze(child);
  return Object.freeze(value);
}
