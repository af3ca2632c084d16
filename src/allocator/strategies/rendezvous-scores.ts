import { compareBytewise } from "../labels/bytewise.ts";

const { imul } = Math;

/** Spreads every bit over all others, without losing one. https://github.com/aappleby/smhasher (fmix32) */
function mix(value: number): number {
  let bits = imul(value ^ (value >>> 16), 0x85ebca6b);
  bits = imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

/** A 32-bit hash of a text; another seed gives an independent one. Part of every placement, as {@link mix} is. */
function hashText(text: string, seed: number): number {
  let bits = seed;
  for (let i = 0; i < text.length; i++) {
    bits = imul(bits ^ text.charCodeAt(i), 0x5bd1e995);
    bits ^= bits >>> 15;
  }
  return bits;
}

const KEY_SEED = 0x811c9dc5;
const NAME_SEED = 0x2545f491;
const TIE_SEED = 0x6c078965;

/** The 32 bits of a key that a contest goes by. */
export function hashOfKey(key: string): number {
  return hashText(key, KEY_SEED);
}

/**
 * The contest of rendezvous hashing: every member has a score for every key, and the highest has the key. A score does
 * not depend on who else is there. So whoever joins takes only keys that it wins, and the keys of whoever leaves go to
 * their runners-up, each to its own.
 *
 * Members are told apart by 32 bits of their names, and two that share these by 32 others.
 */
export class RendezvousScores {
  readonly #names: readonly string[];
  readonly #seeds: Int32Array;
  readonly #tieSeeds: Int32Array;
  readonly #allButFirst: readonly number[];

  /** @param names Of the members; different ones. From here on a member is an index into this list. */
  constructor(names: readonly string[]) {
    this.#names = names;
    this.#seeds = Int32Array.from(names, (name) => mix(hashText(name, NAME_SEED)));
    this.#tieSeeds = Int32Array.from(names, (name) => mix(hashText(name, TIE_SEED)));
    this.#allButFirst = names.slice(1).map((_, i) => i + 1);
  }

  /** Who has a key, by its {@link hashOfKey}, of all members; there must be one. */
  winner(hash: number): number {
    return this.contest(hash, 0, this.#allButFirst);
  }

  /** Who has a key, of one member and some others. */
  contest(hash: number, member: number, others: readonly number[]): number {
    let best = member;
    let bestScore = score(hash, this.#seeds[member]);
    for (const other of others) {
      const otherScore = score(hash, this.#seeds[other]);
      if (otherScore > bestScore || (otherScore === bestScore && this.#winsTie(hash, other, best))) {
        best = other;
        bestScore = otherScore;
      }
    }
    return best;
  }

  #winsTie(hash: number, a: number, b: number): boolean {
    const difference = score(hash, this.#tieSeeds[a]) - score(hash, this.#tieSeeds[b]);
    return difference === 0 ? compareBytewise(this.#names[a] ?? "", this.#names[b] ?? "") < 0 : difference > 0;
  }
}

function score(hash: number, seed: number | undefined): number {
  return mix(hash ^ (seed ?? 0)) >>> 0;
}
