/** What an allocator needs besides the objects of its own. */
export type Provision = "certificates" | "roles";

/**
 * What could not be provided to allocators, by their keys, for whoever writes their status. What is provided is written
 * apart from the allocators' objects, because nobody watches it.
 */
export class Hindrances {
  readonly #messages = new Map<string, ReadonlyMap<Provision, string>>();
  readonly #handlers = new Set<(key: string) => void>();

  /** @param message - What is wrong and what to do; undefined when nothing is. */
  tell(key: string, provision: Provision, message: string | undefined): void {
    const known = this.#messages.get(key);
    if (known?.get(provision) === message) return;
    const others = [...(known ?? [])].filter(([each]) => each !== provision);
    const told = new Map(message === undefined ? others : [...others, [provision, message]]);
    if (told.size === 0) this.#messages.delete(key);
    else this.#messages.set(key, told);
    for (const handler of this.#handlers) handler(key);
  }

  /** Everything that hinders the allocator; undefined when nothing does. */
  of(key: string): string | undefined {
    const told = this.#messages.get(key);
    return told === undefined ? undefined : [...told.values()].toSorted().join("; ");
  }

  /** Calls back with the key when something has changed. Returns the unsubscription. */
  onChange(handler: (key: string) => void): () => void {
    this.#handlers.add(handler);
    return () => void this.#handlers.delete(handler);
  }
}
