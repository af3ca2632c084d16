import { addAbortSignal } from "node:stream";
import { text } from "node:stream/consumers";

/** Everything that comes in. Rejects when the signal is aborted: a terminal, or a pipe, may stay open for good. */
export async function readStandardInput(input: NodeJS.ReadableStream, signal: AbortSignal): Promise<string> {
  return text(addAbortSignal(signal, input));
}
