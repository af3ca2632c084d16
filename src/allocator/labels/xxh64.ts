import xxhash from "xxhash-wasm";

/** The WebAssembly module is compiled when this module loads, so that hashing itself need not wait. */
const hash = await xxhash();

/** XXH64 with seed 0 of the text's UTF-8 bytes; unsigned. */
export function xxh64(text: string): bigint {
  return hash.h64(text);
}

/** XXH64 with seed 0 of the bytes; unsigned. */
export function xxh64OfBytes(bytes: Uint8Array): bigint {
  return hash.h64Raw(bytes);
}
