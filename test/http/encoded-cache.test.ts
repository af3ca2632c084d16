import { describe, expect, it } from "@jest/globals";
import { gunzipSync } from "node:zlib";
import type { Shard } from "../../src/allocator/index.ts";
import { EMPTY_TARGETS, EncodedCache } from "../../src/http/encoded-cache.ts";
import { shard, target } from "../support/allocation-snapshot.ts";

const shardOf = (...addresses: string[]): Shard => shard(addresses.map((address) => target({ __address__: address })));
const BYTES = (await new EncodedCache(0).get("x", shardOf("a:1"))).body.length;

describe("EncodedCache", () => {
  it("encodes a shard once and answers the same bytes", async () => {
    const cache = new EncodedCache(1000);
    const one = shardOf("a:1");
    const first = await cache.get("slot", one);
    expect(first.body.toString()).toBe('[{"targets":["a:1"],"labels":{"__address__":"a:1"}}]\n');
    expect(await cache.get("slot", one)).toBe(first);
  });

  it("encodes a long shard once for all who ask meanwhile", async () => {
    const cache = new EncodedCache(1_000_000);
    const long = shardOf(...Array.from({ length: 1000 }, (_, i) => `a:${String(i)}`));
    const [a, b] = await Promise.all([cache.get("slot", long), cache.get("slot", long)]);
    expect(b).toBe(a);
    expect(JSON.parse(a.body.toString())).toHaveLength(1000);
  });

  it("forgets the bytes of a shard that was replaced", async () => {
    const cache = new EncodedCache(1000);
    const before = await cache.get("slot", shardOf("a:1"));
    const after = await cache.get("slot", shardOf("b:1"));
    expect(after.body).not.toEqual(before.body);
    expect(cache.bytes).toBe(BYTES);
  });

  it("gives equal bodies equal tags, others other ones", async () => {
    const cache = new EncodedCache(1000);
    const [a, b, c] = [await cache.get("1", shardOf("a:1")), await cache.get("2", shardOf("a:1")), EMPTY_TARGETS];
    expect(a.etag).toBe(b.etag);
    expect(a.etag).not.toBe(c.etag);
  });

  it("stays within its bytes and drops what was not used for longest", async () => {
    const cache = new EncodedCache(2 * BYTES);
    const [a, b, c] = [shardOf("a:1"), shardOf("b:1"), shardOf("c:1")];
    const first = await cache.get("a", a);
    const second = await cache.get("b", b);
    await cache.get("a", a);
    await cache.get("c", c);
    expect(cache.bytes).toBe(2 * BYTES);
    expect(await cache.get("a", a)).toBe(first);
    expect(await cache.get("b", b)).not.toBe(second);
  });

  it("serves a body that is larger than the cache, without keeping anything of it", async () => {
    const cache = new EncodedCache(10);
    expect((await cache.get("a", shardOf("a:1"))).body).toHaveLength(BYTES);
    expect(cache.bytes).toBe(0);
  });

  describe("with a long shard", () => {
    const long = (port: number): Shard =>
      shardOf(...Array.from({ length: 300 }, (_, i) => `10.0.0.${String(i)}:${String(port)}`));

    it("compresses once for those who want it, under a tag of its own", async () => {
      const cache = new EncodedCache(1_000_000);
      const one = long(80);
      const plain = await cache.get("slot", one);
      const [a, b] = await Promise.all([cache.get("slot", one, "gzip"), cache.get("slot", one, "gzip")]);
      expect(b).toBe(a);
      expect(gunzipSync(a.body)).toEqual(plain.body);
      expect(a.body.length).toBeLessThan(plain.body.length / 5);
      expect(a.etag).toBe(plain.etag.replace(/"$/, '-gzip"'));
      expect(cache.bytes).toBe(plain.body.length + a.body.length);
    });

    it("keeps no former shard in a coding that nobody asks for any more", async () => {
      const cache = new EncodedCache(1_000_000);
      await cache.get("slot", long(80), "gzip");
      const { body } = await cache.get("slot", long(81));
      expect(cache.bytes).toBe(body.length);
    });
  });

  it("does not compress what fits into a packet", async () => {
    const cache = new EncodedCache(1000);
    expect(await cache.get("slot", shardOf("a:1"), "gzip")).toMatchObject({ coding: "identity" });
  });
});
