/** Seed of a label's hash, from its name. */
export function nameSeed(name: string): number {
  let seed = 0x2f0b4a27;
  for (let i = 0; i < name.length; i++) seed = Math.imul(seed ^ name.charCodeAt(i), 0x01000193);
  return seed ^ (seed >>> 15);
}

/**
 * A 64-bit hash of a label set that does not depend on the order of the labels: the sum of the labels' hashes, so that
 * labels can be added, taken away and kept as partial sums. Who relies on it compares the sets themselves when two
 * hashes are equal. Two 32-bit numbers: integers of that size need no memory of their own.
 */
export class LabelSetHash {
  #low = 0;
  #high = 0;
  // The hash of one label, left by #mix: a result object per label would cost more than the hash itself.
  #labelLow = 0;
  #labelHigh = 0;

  /** One half, as a signed integer. */
  get low(): number {
    return this.#low;
  }

  /** The other half, as a signed integer. */
  get high(): number {
    return this.#high;
  }

  /** Becomes the hash of the same set as another; of the empty set without one. */
  reset(from?: LabelSetHash): void {
    this.#low = from === undefined ? 0 : from.#low;
    this.#high = from === undefined ? 0 : from.#high;
  }

  /** Adds the labels of a disjoint set. */
  include(other: LabelSetHash): void {
    this.#low = (this.#low + other.#low) | 0;
    this.#high = (this.#high + other.#high) | 0;
  }

  /** Adds a label, given by the seed of its name. */
  add(seed: number, value: string): void {
    this.#mix(seed, value);
    this.#low = (this.#low + this.#labelLow) | 0;
    this.#high = (this.#high + this.#labelHigh) | 0;
  }

  /** Takes a label away that was added with the same value. */
  remove(seed: number, value: string): void {
    this.#mix(seed, value);
    this.#low = (this.#low - this.#labelLow) | 0;
    this.#high = (this.#high - this.#labelHigh) | 0;
  }

  /** Two lanes of multiply and xor over the characters, each finished with bits of the other. */
  #mix(seed: number, value: string): void {
    let a = seed ^ 0x3c6ef372;
    let b = Math.imul(seed, 0x9e3779b1) ^ 0x1f83d9ab;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      a = Math.imul(a ^ unit, 0x9e3779b1);
      b = Math.imul(b ^ unit, 0x5f356495);
    }
    const finished = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
    this.#labelLow = finished;
    this.#labelHigh = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(finished ^ (finished >>> 13), 0xc2b2ae35);
  }
}
