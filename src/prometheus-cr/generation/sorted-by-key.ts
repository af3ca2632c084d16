import { compareBytewise } from "../../allocator/index.ts";

/** The entries of a mapping in bytewise order of their keys. */
export function sortedByKey<T>(mapping: Readonly<Record<string, T>>): readonly (readonly [string, T])[] {
  return Object.entries(mapping).toSorted(([a], [b]) => compareBytewise(a, b));
}
