/** Writes records in the order of their fields, as ZooKeeper's protocol has them. */
export class JuteWriter {
  readonly #parts: Buffer[] = [];

  int(value: number): this {
    const part = Buffer.alloc(4);
    part.writeInt32BE(value);
    return this.#add(part);
  }

  long(value: bigint): this {
    const part = Buffer.alloc(8);
    part.writeBigInt64BE(value);
    return this.#add(part);
  }

  flag(value: boolean): this {
    return this.#add(Buffer.from([value ? 1 : 0]));
  }

  bytes(value: Buffer): this {
    return this.int(value.length).#add(value);
  }

  text(value: string): this {
    return this.bytes(Buffer.from(value));
  }

  /** The record with its length before it, as it goes over the wire. */
  packet(): Buffer {
    const record = Buffer.concat(this.#parts);
    const length = Buffer.alloc(4);
    length.writeInt32BE(record.length);
    return Buffer.concat([length, record]);
  }

  #add(part: Buffer): this {
    this.#parts.push(part);
    return this;
  }
}

/** Reads a record in the order of its fields. Throws RangeError behind its end. */
export class JuteReader {
  readonly #record: Buffer;
  #at = 0;

  constructor(record: Buffer) {
    this.#record = record;
  }

  int(): number {
    this.#at += 4;
    return this.#record.readInt32BE(this.#at - 4);
  }

  long(): bigint {
    this.#at += 8;
    return this.#record.readBigInt64BE(this.#at - 8);
  }

  /** Nothing is the same as empty. */
  bytes(): Buffer {
    const length = Math.max(0, this.int());
    if (this.#at + length > this.#record.length) throw new RangeError("a record ends before its fields do");
    this.#at += length;
    return this.#record.subarray(this.#at - length, this.#at);
  }

  text(): string {
    return this.bytes().toString("utf8");
  }

  texts(): readonly string[] {
    const count = Math.max(0, this.int());
    const items: string[] = [];
    for (let i = 0; i < count; i += 1) items.push(this.text());
    return items;
  }
}

/** Far more than any node may hold, and any list of children is: a larger length is another protocol's. */
const MAX_PACKET_BYTES = 64 * 1024 * 1024;

/** Joins what a stream brings to the records that are in it. */
export class JutePackets {
  #pending: Buffer = Buffer.alloc(0);

  /** The records that are complete now. Throws RangeError for a length that cannot be one. */
  take(chunk: Buffer): readonly Buffer[] {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const records: Buffer[] = [];
    while (this.#pending.length >= 4) {
      const length = this.#pending.readInt32BE();
      if (length < 0 || length > MAX_PACKET_BYTES) throw new RangeError("what it says is not ZooKeeper's protocol");
      if (this.#pending.length < 4 + length) break;
      records.push(this.#pending.subarray(4, 4 + length));
      this.#pending = this.#pending.subarray(4 + length);
    }
    return records;
  }
}
