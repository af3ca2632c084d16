/** A job of very many targets is worked through in seconds, and a few who ask have to wait for each other. */
const PATIENCE_MS = 60_000;

/** What a running process answered. */
interface Answer {
  readonly status: number;
  /** Undefined when it is no JSON. */
  readonly answer: unknown;
}

/** @param base - What the user gave, for the message. */
export async function askAllocator(url: string, base: string, signal: AbortSignal): Promise<Answer> {
  const { status, text } = await ask(url, base, signal);
  try {
    return { status, answer: JSON.parse(text) as unknown };
  } catch {
    return { status, answer: undefined };
  }
}

async function ask(
  url: string,
  base: string,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]) });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(`no answer from ${base} (--from); check that a target allocator serves there`, { cause: error });
  }
}
