import type { KubeObject, OwnerReference } from "../../api/meta.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import type { ObjectStore, StoreChange, Stored } from "./object-store.ts";

/** Finalizer of an object that waits for its dependents to be gone. */
const FOREGROUND = "foregroundDeletion";
/** Finalizer of a namespace that waits for its contents to be gone. */
const NAMESPACE_CONTENTS = "kubernetes";

/**
 * What kube-controller-manager does about deletions: dependents go when their last owner has gone, an owner deleted in
 * the foreground waits for them, and a namespace takes its contents with it.
 * https://kubernetes.io/docs/concepts/architecture/garbage-collection/
 */
export class GarbageCollector {
  readonly #store: ObjectStore;
  readonly #pending: StoreChange[] = [];

  constructor(store: ObjectStore) {
    this.#store = store;
    store.onChange((change) => this.#pending.push(change));
  }

  /** Deletes with the given propagation; {@link collect} must follow. */
  delete(stored: Stored, propagation: "Background" | "Foreground" | "Orphan"): void {
    if (propagation === "Orphan") {
      for (const dependent of this.#store.dependentsOf(uidOf(stored.object))) {
        this.#keepOwners(dependent, ({ uid }) => uid !== stored.object.metadata.uid);
      }
    }
    if (stored.type.kind === "Namespace") this.#store.delete(stored, [NAMESPACE_CONTENTS]);
    else this.#store.delete(stored, propagation === "Foreground" ? [FOREGROUND] : []);
  }

  /** Follows up on all changes since the last time, and on those it makes. */
  collect(): void {
    for (let change = this.#pending.shift(); change !== undefined; change = this.#pending.shift()) {
      const { before, after, deleted } = change;
      if (deleted !== undefined) this.#afterRemoval(deleted);
      else if (before === undefined && after !== undefined) this.#collectIfOwnerless(this.#store.byUid(uidOf(after)));
      else if (after?.metadata.deletionTimestamp !== undefined) this.#continueDeletion(uidOf(after));
    }
  }

  #afterRemoval(gone: KubeObject): void {
    for (const dependent of this.#store.dependentsOf(uidOf(gone))) this.#collectIfOwnerless(dependent);
    for (const { uid } of gone.metadata.ownerReferences ?? []) this.#continueDeletion(uid);
    const { namespace } = gone.metadata;
    if (namespace === undefined) return;
    const stored = this.#store.get(RESOURCES.Namespace, { namespace: "", name: namespace });
    if (stored !== undefined) this.#continueDeletion(uidOf(stored.object));
  }

  /** Owners that are gone are forgotten while there are others; with none left the object goes too. */
  #collectIfOwnerless(stored: Stored | undefined): void {
    const owners = stored?.object.metadata.ownerReferences ?? [];
    if (stored === undefined || owners.length === 0) return;
    const isAlive = ({ uid }: OwnerReference): boolean => this.#store.byUid(uid) !== undefined;
    if (!owners.some(isAlive)) this.#store.delete(stored);
    else if (!owners.every(isAlive)) this.#keepOwners(stored, isAlive);
  }

  #continueDeletion(uid: string): void {
    const stored = this.#store.byUid(uid);
    if (stored?.object.metadata.deletionTimestamp === undefined) return;
    const finalizers = stored.object.metadata.finalizers ?? [];
    if (finalizers.includes(FOREGROUND)) this.#deleteBefore(stored, this.#store.dependentsOf(uid), FOREGROUND);
    if (finalizers.includes(NAMESPACE_CONTENTS))
      this.#deleteBefore(stored, this.#contentsOf(stored), NAMESPACE_CONTENTS);
  }

  #deleteBefore(stored: Stored, others: readonly Stored[], finalizer: string): void {
    for (const other of others) this.#store.delete(other);
    if (others.length > 0) return;
    const { finalizers = [], ...metadata } = stored.object.metadata;
    const left = finalizers.filter((candidate) => candidate !== finalizer);
    const object = { ...stored.object, metadata: { ...metadata, ...(left.length === 0 ? {} : { finalizers: left }) } };
    this.#store.update(stored, object, stored.managers);
  }

  #contentsOf({ object, type }: Stored): readonly Stored[] {
    if (type.kind !== "Namespace") return [];
    return [...this.#store.all()].filter((other) => other.object.metadata.namespace === object.metadata.name);
  }

  #keepOwners(stored: Stored, keep: (owner: OwnerReference) => boolean): void {
    const { ownerReferences = [], ...metadata } = stored.object.metadata;
    const object = { ...stored.object, metadata: { ...metadata, ownerReferences: ownerReferences.filter(keep) } };
    this.#store.update(stored, object, stored.managers);
  }
}

function uidOf(object: KubeObject): string {
  return object.metadata.uid ?? "";
}
