import type { Clock } from "../observability/clock.ts";

/** An object that was deleted to be made anew. */
interface Recreated {
  readonly id: string;
  /** Of what was wanted. */
  readonly hash: string;
  /** Of what was deleted. */
  readonly uid: string | undefined;
}

/** How long the same object is not deleted twice for the same thing. */
const REPEAT_MS = 600_000;

/** Remembers what was made anew, so that something that changes objects as they are made does not lead round in circles. */
export class RecreationMemory {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #known = new Map<string, Recreated & { readonly at: number }>();

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** Why the object should stay as it is; undefined when there is nothing against making it anew. */
  hindrance({ id, hash, uid }: Recreated): string | undefined {
    const known = this.#known.get(id);
    if (known === undefined || known.hash !== hash || this.#isOver(known)) return undefined;
    // Its deletion may take its time.
    if (known.uid === uid) return undefined;
    return (
      "it was, less than ten minutes ago, and again has other values than it was made with; " +
      "look for a mutating webhook that changes such objects"
    );
  }

  note(recreated: Recreated): void {
    for (const [id, known] of this.#known) if (this.#isOver(known)) this.#known.delete(id);
    this.#known.set(recreated.id, { ...recreated, at: this.#clock.monotonic() });
  }

  #isOver({ at }: { readonly at: number }): boolean {
    return this.#clock.monotonic() - at >= REPEAT_MS;
  }
}
