import { setImmediate as nextTurn } from "node:timers/promises";
import type { Shard } from "../allocator/index.ts";
import { type ContentCoding, type EncodedBody, inCoding, seal } from "./encoded-body.ts";
import { encodeTargets } from "./serialize.ts";

/** What every collector without targets is told. */
export const EMPTY_TARGETS: EncodedBody = await seal(Buffer.from("[]\n"));

const CODINGS: readonly ContentCoding[] = ["gzip", "identity"];

interface Entry {
  readonly shard: Shard;
  readonly encoded: EncodedBody;
}

/**
 * Encoded shares. A shard is replaced when its content changes and never modified, so its identity says whether the
 * bytes of its slot are still right: only what changed is encoded again. Bounded by bytes, least recently used first.
 */
export class EncodedCache {
  readonly #maxBytes: number;
  /** Insertion order is the order of use. */
  readonly #entries = new Map<string, Entry>();
  readonly #running: Readonly<Record<ContentCoding, WeakMap<Shard, Promise<EncodedBody>>>> = {
    gzip: new WeakMap(),
    identity: new WeakMap(),
  };
  #bytes = 0;

  /** @param maxBytes - What the kept bodies may take together. A body larger than that is served and not kept. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** What the kept bodies take together. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * The HTTP_SD body of a shard: a JSON array and a newline. Long ones are encoded in pieces with a turn of the event
   * loop in between, once for all who ask meanwhile.
   *
   * @param place - Names what the shard fills, such as collector and job: its previous shard is forgotten.
   */
  async get(place: string, shard: Shard, coding: ContentCoding = "identity"): Promise<EncodedBody> {
    const slot = `${coding} ${place}`;
    const entry = this.#entries.get(slot);
    if (entry?.shard === shard) {
      this.#entries.delete(slot);
      this.#entries.set(slot, entry);
      return entry.encoded;
    }
    const running = this.#running[coding];
    let encoding = running.get(shard);
    if (encoding === undefined) {
      encoding = this.#encode(place, shard, coding).finally(() => running.delete(shard));
      running.set(shard, encoding);
    }
    const encoded = await encoding;
    this.#keep(slot, { shard, encoded });
    this.#forgetFormer(place, shard);
    return encoded;
  }

  async #encode(place: string, shard: Shard, coding: ContentCoding): Promise<EncodedBody> {
    if (coding === "identity") return encode(shard);
    return inCoding(await this.get(place, shard), coding);
  }

  #keep(slot: string, entry: Entry): void {
    this.#drop(slot);
    if (entry.encoded.body.length > this.#maxBytes) return;
    this.#entries.set(slot, entry);
    this.#bytes += entry.encoded.body.length;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#drop(oldest);
    }
  }

  /** Nobody may ever ask for the other coding again, and the former shard would stay with its bytes. */
  #forgetFormer(place: string, shard: Shard): void {
    for (const coding of CODINGS) {
      const slot = `${coding} ${place}`;
      if (this.#entries.get(slot)?.shard !== shard) this.#drop(slot);
    }
  }

  #drop(slot: string): void {
    const entry = this.#entries.get(slot);
    if (entry === undefined) return;
    this.#entries.delete(slot);
    this.#bytes -= entry.encoded.body.length;
  }
}

async function encode(shard: Shard): Promise<EncodedBody> {
  const pieces: Buffer[] = [];
  for (const piece of encodeTargets(shard)) {
    if (pieces.length > 0) await nextTurn();
    pieces.push(Buffer.from(piece));
  }
  return seal(Buffer.concat([...pieces, Buffer.from("\n")]));
}
