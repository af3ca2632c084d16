import { deserialize, serialize } from "node:v8";

import type { ScrapeConfig } from "../../allocator/index.ts";
import { ConfigError } from "../../options/config-error.ts";
import { readTargetAllocatorFile, type TargetAllocatorFile } from "../../options/target-allocator-file.ts";

/** Unpacking one piece takes a millisecond or two. */
const JOBS_IN_PIECE = 20;

/** What a text says, in a form that one thread can give to another without holding it up. */
export type PackedFile =
  | { readonly problems: readonly string[] }
  | { readonly file: TargetAllocatorFile; readonly jobs: readonly Uint8Array<ArrayBuffer>[] };

/** Reads a text; what is wrong with it is in the result. */
export function packFile(text: string): PackedFile {
  try {
    const file = readTargetAllocatorFile(text);
    const { scrapeConfigs } = file;
    if (scrapeConfigs === undefined) return { file, jobs: [] };
    return { file: { ...file, scrapeConfigs: { ...scrapeConfigs, jobs: [] } }, jobs: packed(scrapeConfigs.jobs) };
  } catch (error) {
    if (error instanceof ConfigError) return { problems: error.problems };
    throw error;
  }
}

function packed(jobs: readonly ScrapeConfig[]): readonly Uint8Array<ArrayBuffer>[] {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (let start = 0; start < jobs.length; start += JOBS_IN_PIECE) {
    pieces.push(new Uint8Array(serialize(jobs.slice(start, start + JOBS_IN_PIECE))));
  }
  return pieces;
}

/** The file of a packed one; yields after each piece. Throws ConfigError with everything that is wrong with the text. */
export function* unpackFile(from: PackedFile): Generator<undefined, TargetAllocatorFile, void> {
  if ("problems" in from) throw new ConfigError(from.problems);
  const { file, jobs: pieces } = from;
  if (file.scrapeConfigs === undefined) return file;
  const jobs: ScrapeConfig[] = [];
  for (const piece of pieces) {
    jobs.push(...(deserialize(piece) as readonly ScrapeConfig[]));
    yield undefined;
  }
  return { ...file, scrapeConfigs: { ...file.scrapeConfigs, jobs } };
}
