import { nameSeed } from "./label-set-hash.ts";

/** Label names of the jobs' rules are few; should they not be, all are forgotten now and then. */
const MAX_SLOTS = 4096;

/**
 * What rules wrote over the labels of one target. A name keeps its slot from target to target, so that starting over
 * costs nothing, and writing allocates nothing.
 */
export class WrittenLabels {
  readonly #slots = new Map<string, number>();
  // By slot.
  readonly #names: string[] = [];
  readonly #nameSeeds: number[] = [];
  readonly #values: string[] = [];
  /** The target that the slot was last written for. */
  readonly #targets: number[] = [];
  readonly #deleted: boolean[] = [];

  #target = 0;
  // Lists with a length of their own: emptying an array would give its memory away.
  /** Slots written for this target, in order of first write. */
  readonly #written: number[] = [];
  #size = 0;
  /** Those of them that have a value, in the order in which they got it. */
  readonly #present: number[] = [];
  #presentSize = 0;

  /** Starts over with another target. */
  clear(): void {
    this.#target++;
    this.#size = 0;
    this.#presentSize = 0;
    if (this.#slots.size < MAX_SLOTS) return;
    this.#slots.clear();
    this.#names.length = this.#nameSeeds.length = this.#values.length = this.#targets.length = 0;
  }

  /** How many labels were written or deleted. */
  get size(): number {
    return this.#size;
  }

  /** The value that was written last, "" for a deletion; undefined when the label was never written. */
  get(name: string): string | undefined {
    if (this.#size === 0) return undefined;
    const slot = this.#slotOf(name);
    return slot < 0 ? undefined : this.#values[slot];
  }

  /** Writes a label; the empty value deletes it. */
  set(name: string, value: string): void {
    const slot = this.#take(name);
    const before = this.#values[slot];
    if (value === "") {
      this.#deleted[slot] = true;
      if (before !== "") this.#takeOut(slot);
    } else if (before === "") {
      this.#present[this.#presentSize++] = slot;
    }
    this.#values[slot] = value;
  }

  /** Names of the labels that have a value, in the order in which they got it. */
  names(): string[] {
    const names: string[] = [];
    for (let i = 0; i < this.#presentSize; i++) names.push(this.#names[this.#present[i] ?? 0] ?? "");
    return names;
  }

  /** True for a label that has a written value and was never deleted meanwhile. */
  neverDeleted(name: string): boolean {
    const slot = this.#slotOf(name);
    return slot >= 0 && this.#deleted[slot] === false;
  }

  /** The name that was the nth to be written. */
  nameAt(n: number): string {
    return this.#names[this.#written[n] ?? 0] ?? "";
  }

  /** Its hash seed. */
  nameSeedAt(n: number): number {
    return this.#nameSeeds[this.#written[n] ?? 0] ?? 0;
  }

  /** Its value now. */
  valueAt(n: number): string {
    return this.#values[this.#written[n] ?? 0] ?? "";
  }

  /** The slot of a name that was written for this target, or -1. */
  #slotOf(name: string): number {
    const slot = this.#slots.get(name);
    return slot !== undefined && this.#targets[slot] === this.#target ? slot : -1;
  }

  /** The slot of a name that is to be written. */
  #take(name: string): number {
    let slot = this.#slots.get(name);
    if (slot === undefined) {
      slot = this.#names.length;
      this.#slots.set(name, slot);
      this.#names.push(name);
      this.#nameSeeds.push(nameSeed(name));
      this.#targets.push(-1);
    }
    if (this.#targets[slot] !== this.#target) {
      this.#targets[slot] = this.#target;
      this.#values[slot] = "";
      this.#deleted[slot] = false;
      this.#written[this.#size++] = slot;
    }
    return slot;
  }

  #takeOut(slot: number): void {
    const at = this.#present.indexOf(slot);
    this.#present.copyWithin(at, at + 1, this.#presentSize);
    this.#presentSize--;
  }
}
