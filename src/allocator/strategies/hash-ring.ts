import { compareBytewise } from "../labels/bytewise.ts";
import { xxh64, xxh64OfBytes } from "../labels/xxh64.ts";

/** Size of the partition table. It is part of every placement: another size would move all targets. */
export const PARTITION_COUNT = 1061;
const VIRTUAL_NODES = 5;
const LOAD_FACTOR = 1.1;

/** One 64-bit number and its halves: dividing by halves needs no further numbers of that size, which are slow. */
const halves = new DataView(new ArrayBuffer(8));
const UPPER_HALF = 2 ** 32 % PARTITION_COUNT;

/** The partition of a key: its XXH64 modulo the number of partitions. */
export function partitionOf(key: string): number {
  halves.setBigUint64(0, xxh64(key));
  return ((halves.getUint32(0) % PARTITION_COUNT) * UPPER_HALF + halves.getUint32(4)) % PARTITION_COUNT;
}

/**
 * Partitions that one of `members` may own at most. In double arithmetic on purpose: for 21 members the product is
 * slightly above 55, which makes the limit 56.
 *
 * With more members than partitions, where the formula gives 0, the limit is one: as many members as there are
 * partitions own one each, and the others idle.
 */
export function partitionLimit(members: number): number {
  return Math.max(1, Math.ceil(Math.floor(PARTITION_COUNT / members) * LOAD_FACTOR));
}

/** Where each partition begins its walk around the ring: XXH64 of its number as 8 bytes, little-endian. */
const partitionHashes: readonly bigint[] = Array.from({ length: PARTITION_COUNT }, (_, partition) => {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setBigUint64(0, BigInt(partition), true);
  return xxh64OfBytes(new Uint8Array(bytes.buffer));
});

interface Ring {
  /** Ascending. */
  readonly points: BigUint64Array;
  readonly ownerOfPoint: ReadonlyMap<bigint, string>;
}

function buildRing(members: readonly string[]): Ring {
  const points = new BigUint64Array(members.length * VIRTUAL_NODES);
  const ownerOfPoint = new Map<bigint, string>();
  let filled = 0;
  for (const member of members) {
    for (let i = 0; i < VIRTUAL_NODES; i++) {
      const point = xxh64(`${member}${i}`);
      points[filled++] = point;
      // Should two points be equal, the member with the greater name has it.
      ownerOfPoint.set(point, member);
    }
  }
  return { points: points.toSorted(), ownerOfPoint };
}

/** Index of the first point that is not below the hash; 0 when all are. */
function firstPointFrom(points: BigUint64Array, hash: bigint): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle] ?? 0n) < hash) low = middle + 1;
    else high = middle;
  }
  return low === points.length ? 0 : low;
}

/**
 * The owner of every partition by consistent hashing with bounded loads: each partition goes to the first member on
 * the ring, from its own point on, that is below the limit. The result depends on the set of names alone. It is empty
 * without members.
 *
 * Placements are those of github.com/buraksezer/consistent as the OpenTelemetry target allocator uses it; there, more
 * members than partitions end the process.
 */
export function partitionOwners(members: readonly string[]): readonly string[] {
  if (members.length === 0) return [];
  const { points, ownerOfPoint } = buildRing(members.toSorted(compareBytewise));
  const limit = partitionLimit(members.length);
  const loads = new Map<string, number>();
  return partitionHashes.map((hash) => {
    let at = firstPointFrom(points, hash);
    // Ends: the limits add up to at least the number of partitions, so some member has room.
    for (;;) {
      const owner = ownerOfPoint.get(points[at] ?? 0n) ?? "";
      const load = loads.get(owner) ?? 0;
      if (load < limit) {
        loads.set(owner, load + 1);
        return owner;
      }
      at = (at + 1) % points.length;
    }
  });
}
