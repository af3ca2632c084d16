import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Shard } from "../allocator/index.ts";
import { encodeTargets } from "./serialize.ts";

/** A body that is ready to be sent. */
export interface EncodedBody {
  /** A JSON array and a newline. Never modify it. */
  readonly body: Buffer;
  /** A strong entity tag: equal exactly for equal bodies. */
  readonly etag: string;
}

/** What every collector without targets is told. */
export const EMPTY_TARGETS: EncodedBody = seal([Buffer.from("[]")]);

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
  readonly #running = new WeakMap<Shard, Promise<EncodedBody>>();
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
   * The HTTP_SD body of a shard. Long ones are encoded in pieces with a turn of the event loop in between, once for all
   * who ask meanwhile.
   *
   * @param slot - Names the place that the shard fills, such as collector and job: its previous shard is forgotten.
   */
  async get(slot: string, shard: Shard): Promise<EncodedBody> {
    const entry = this.#entries.get(slot);
    if (entry?.shard === shard) {
      this.#entries.delete(slot);
      this.#entries.set(slot, entry);
      return entry.encoded;
    }
    let encoding = this.#running.get(shard);
    if (encoding === undefined) {
      encoding = encode(shard).finally(() => this.#running.delete(shard));
      this.#running.set(shard, encoding);
    }
    const encoded = await encoding;
    this.#keep(slot, { shard, encoded });
    return encoded;
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
  return seal(pieces);
}

function seal(pieces: readonly Buffer[]): EncodedBody {
  const body = Buffer.concat([...pieces, Buffer.from("\n")]);
  return { body, etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"` };
}
