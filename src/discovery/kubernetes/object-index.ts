import { type KubeObject, objectKey } from "../../api/meta.ts";
import type { ChangeEvent } from "../../kube/informer.ts";

const NONE: ReadonlySet<string> = new Set();

/** Finds the objects that refer to something, by what they refer to. Kept current by the events of one informer. */
export class ObjectIndex {
  readonly #referencesOf: (object: KubeObject) => readonly string[];
  readonly #keys = new Map<string, Set<string>>();

  constructor(referencesOf: (object: KubeObject) => readonly string[]) {
    this.#referencesOf = referencesOf;
  }

  /** Must see every event of the informer, in order. */
  apply(event: ChangeEvent): void {
    const key = objectKey(event.object);
    if (event.type === "updated") this.#remove(key, event.previous);
    if (event.type === "deleted") this.#remove(key, event.object);
    else this.#add(key, event.object);
  }

  /** Keys (`namespace/name`) of the objects that refer to it. */
  keys(reference: string): ReadonlySet<string> {
    return this.#keys.get(reference) ?? NONE;
  }

  #add(key: string, object: KubeObject): void {
    for (const reference of this.#referencesOf(object)) {
      const keys = this.#keys.get(reference);
      if (keys === undefined) this.#keys.set(reference, new Set([key]));
      else keys.add(key);
    }
  }

  #remove(key: string, object: KubeObject): void {
    for (const reference of this.#referencesOf(object)) {
      const keys = this.#keys.get(reference);
      if (keys?.delete(key) === true && keys.size === 0) this.#keys.delete(reference);
    }
  }
}
