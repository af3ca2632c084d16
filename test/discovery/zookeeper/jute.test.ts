import { describe, expect, it } from "@jest/globals";
import { array, assert, bigInt, integer, property, string, uint8Array } from "fast-check";

import { JutePackets, JuteReader, JuteWriter } from "../../../src/discovery/zookeeper/jute.ts";

describe("JuteWriter", () => {
  it("writes the record that asks for a node's data, byte for byte", () => {
    const packet = new JuteWriter().int(1).int(4).text("/a").flag(true).packet();
    expect(packet.toString("hex")).toBe(["0000000f", "00000001", "00000004", "00000002", "2f61", "01"].join(""));
  });
});

describe("JuteReader", () => {
  it("reads what was written", () => {
    const fields = [
      integer(),
      bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      string({ unit: "grapheme" }),
    ] as const;
    assert(
      property(...fields, uint8Array(), (int, long, text, bytes) => {
        const packet = new JuteWriter().int(int).long(long).text(text).bytes(Buffer.from(bytes)).flag(true).packet();
        const reader = new JuteReader(packet.subarray(4));
        expect([reader.int(), reader.long(), reader.text(), [...reader.bytes()]]).toEqual([
          int,
          long,
          text,
          [...bytes],
        ]);
      }),
    );
  });

  it("reads lists, and nothing as empty", () => {
    const record = new JuteWriter().int(2).text("a").text("b").int(-1).int(-1).packet().subarray(4);
    const reader = new JuteReader(record);
    expect([reader.texts(), reader.texts(), reader.bytes().length]).toEqual([["a", "b"], [], 0]);
  });

  it.each<{ name: string; read: (reader: JuteReader) => unknown }>([
    { name: "a number", read: (reader) => reader.long() },
    { name: "a text", read: (reader) => reader.text() },
    { name: "a list", read: (reader) => reader.texts() },
  ])("does not find $name behind the end of a record", ({ read }) => {
    expect(() => read(new JuteReader(Buffer.from([0, 0, 0, 9])))).toThrow(
      expect.objectContaining({ name: "RangeError" }),
    );
  });
});

describe("JutePackets", () => {
  it("finds the same records however the stream is cut", () => {
    assert(
      property(array(uint8Array({ maxLength: 20 })), integer({ min: 1, max: 30 }), (records, size) => {
        const stream = Buffer.concat(
          records.map((record) => {
            const length = Buffer.alloc(4);
            length.writeInt32BE(record.length);
            return Buffer.concat([length, record]);
          }),
        );
        const packets = new JutePackets();
        const found: Buffer[] = [];
        for (let at = 0; at < stream.length; at += size) found.push(...packets.take(stream.subarray(at, at + size)));
        expect(found.map((record) => record.toString("hex"))).toEqual(
          records.map((record) => Buffer.from(record).toString("hex")),
        );
      }),
    );
  });

  it("takes no length that no record has", () => {
    expect(() => new JutePackets().take(Buffer.from("HTTP/1.1 400"))).toThrow(RangeError);
  });
});
