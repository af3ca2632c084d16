import { createHash } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import {
  PARTITION_COUNT,
  partitionLimit,
  partitionOf,
  partitionOwners,
} from "../../../src/allocator/strategies/hash-ring.ts";

const collectors = (count: number): string[] => Array.from({ length: count }, (_, i) => `collector-${i}`);
const ownerOf = (members: readonly string[], address: string): string | undefined =>
  partitionOwners(members)[partitionOf(address)];

function loadsOf(members: readonly string[]): number[] {
  const owners = partitionOwners(members);
  return members.map((member) => owners.filter((owner) => owner === member).length);
}

describe("partitionOf", () => {
  it.each<[string, number]>([
    ["test-url", 828],
    ["test-url2", 150],
    ["test-url3", 249],
    ["10.0.0.1:9100", 26],
    ["10.0.0.2:9100", 579],
    ["prom.domain:9001", 331],
    ["[fd00::1]:8080", 892],
    ["", 377],
  ])("of %j is %i", (address, want) => {
    expect(partitionOf(address)).toBe(want);
  });
});

describe("partitionLimit", () => {
  it.each<[number, number]>([
    [1, 1168],
    [2, 583],
    [3, 389],
    [5, 234],
    [21, 56],
    [1061, 2],
    [1062, 1],
    [5000, 1],
  ])("for %i members is %i", (members, want) => {
    expect(partitionLimit(members)).toBe(want);
  });
});

describe("partitionOwners", () => {
  it.each<[string[], string, string]>([
    [["test-collector1", "test-collector2"], "test-url", "test-collector1"],
    [["test-collector1", "test-collector2"], "test-url2", "test-collector2"],
    [["test-collector1", "test-collector2"], "test-url3", "test-collector1"],
    [["test-collector", "test-collector2"], "test-url", "test-collector2"],
    [["test-collector", "test-collector2"], "test-url3", "test-collector"],
    [collectors(3), "10.0.0.1:9100", "collector-1"],
    [collectors(3), "10.0.0.2:9100", "collector-2"],
    [collectors(3), "prom.domain:9001", "collector-0"],
    [collectors(3), "[fd00::1]:8080", "collector-0"],
    [collectors(3), "", "collector-1"],
  ])("among %j gives %s to %s, as the Go allocator does", (members, address, want) => {
    expect(ownerOf(members, address)).toBe(want);
  });

  it.each<[number, number[], string]>([
    [3, [327, 389, 345], "6faca70ecfdba58e2cbf0d780489ed34dae99de716c1d0c554aaa9c4306c3092"],
    [5, [206, 234, 187, 200, 234], "684ee3907c3803677f60d310a7a64b321b47c27868d29ecb21b011ac4d2fd536"],
  ])("gives %i collectors exactly the partitions that they have in Go", (count, loads, digest) => {
    const owners = partitionOwners(collectors(count));
    expect(loadsOf(collectors(count))).toEqual(loads);
    expect(createHash("sha256").update(owners.join(",")).digest("hex")).toBe(digest);
  });

  it("begins with the recorded owners", () => {
    const numbers = partitionOwners(collectors(3))
      .slice(0, 12)
      .map((owner) => Number(owner.slice(-1)));
    expect(numbers).toEqual([0, 2, 2, 2, 0, 2, 2, 1, 2, 2, 1, 2]);
  });

  it("spreads 10,000 addresses over 15 collectors, and moves 1,001 for a 16th, as in Go", () => {
    const addresses = Array.from({ length: 10_000 }, (_, i) => `test-url-${i}`);
    const before = partitionOwners(collectors(15));
    const after = partitionOwners(collectors(16));
    const counts = collectors(15).map((name) => addresses.filter((a) => before[partitionOf(a)] === name).length);
    expect([Math.min(...counts), Math.max(...counts)]).toEqual([364, 802]);
    expect(addresses.filter((a) => before[partitionOf(a)] !== after[partitionOf(a)])).toHaveLength(1001);
  });

  it("has no owners without members", () => {
    expect(partitionOwners([])).toEqual([]);
  });

  it.each([1, 2, 21, 354, 531, 1061, 1062, 3000])("keeps every member of %i within the limit", (count) => {
    const loads = loadsOf(collectors(count));
    expect(Math.max(...loads)).toBeLessThanOrEqual(partitionLimit(count));
    expect(loads.reduce((sum, load) => sum + load, 0)).toBe(PARTITION_COUNT);
  });

  it("depends on the set of members alone", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string(), { maxLength: 30 }), fc.infiniteStream(fc.nat()), (members, keys) => {
        const ranked = members.map((member) => ({ member, key: keys.next().value ?? 0 }));
        const shuffled = ranked.toSorted((a, b) => a.key - b.key).map(({ member }) => member);
        expect(partitionOwners(shuffled)).toEqual(partitionOwners(members));
      }),
      { numRuns: 30 },
    );
  });
});
