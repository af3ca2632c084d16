import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

import type { Clock } from "../../observability/clock.ts";
import { readTargetAllocatorFile, type TargetAllocatorFile } from "../../options/target-allocator-file.ts";
import { workInSlices } from "../../pipeline/work-in-slices.ts";
import { type PackedFile, unpackFile } from "./packed-file.ts";

/** Characters that are read within some milliseconds: less than it takes to start a thread. */
const SHORT = 32_768;
/** Beside this file, also where both are in the bundle of the image. */
const THREAD = fileURLToPath(new URL(`pack-file-thread${extname(import.meta.url)}`, import.meta.url));

/**
 * Reads the text of a target allocator's file as readTargetAllocatorFile does; a long one in a thread of its own, so that
 * nobody is kept waiting meanwhile. undefined when the signal was aborted before the end.
 *
 * Rejects with ConfigError, and with the thread's error where it could not go on, such as for want of memory.
 */
export async function parseFile(
  text: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<TargetAllocatorFile | undefined> {
  if (text.length <= SHORT) return readTargetAllocatorFile(text);
  const packed = await packInThread(text, signal);
  return packed === undefined ? undefined : workInSlices(unpackFile(packed), clock, signal);
}

async function packInThread(text: string, signal: AbortSignal): Promise<PackedFile | undefined> {
  if (signal.aborted) return undefined;
  const { promise, resolve, reject } = Promise.withResolvers<PackedFile | undefined>();
  const thread = new Worker(THREAD, { workerData: text });
  thread.on("message", resolve).on("error", reject);
  thread.on("exit", () => reject(new Error("the thread that reads the configuration file ended without an answer")));
  const onAbort = (): void => resolve(undefined);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", onAbort);
    await thread.terminate();
  }
}
