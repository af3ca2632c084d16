import { describe, expect, it } from "@jest/globals";
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
});
