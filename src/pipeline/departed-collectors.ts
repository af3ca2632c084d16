import type { AllocationSnapshot } from "../allocator/index.ts";

/** More than any fleet loses before the ones that left first have stopped asking. */
const MOST_REMEMBERED = 10_000;

/**
 * Collectors that had targets and are none any more. While such a pod still asks, its list is known to be empty, because
 * what it had was given to others; of a name that never was a collector nothing is known.
 */
export class DepartedCollectors {
  #present: AllocationSnapshot["collectors"] = [];
  /** Insertion order is the order of leaving. */
  readonly #departed = new Set<string>();

  /** Takes note of a result that is served from now on. */
  passed({ collectors }: AllocationSnapshot): void {
    if (collectors === this.#present) return;
    const now = new Set(collectors.map(({ name }) => name));
    for (const { name } of this.#present) if (!now.has(name)) this.#departed.add(name);
    for (const name of now) this.#departed.delete(name);
    this.#present = collectors;
    for (const oldest of this.#departed) {
      if (this.#departed.size <= MOST_REMEMBERED) break;
      this.#departed.delete(oldest);
    }
  }

  has(collector: string): boolean {
    return this.#departed.has(collector);
  }
}
