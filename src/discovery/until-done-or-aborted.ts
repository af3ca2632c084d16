/**
 * Settles as the result does, but rejects with the signal's reason once that is aborted: for the work of libraries that know
 * no signals. What they have begun goes on, and what becomes of it is of no interest any more.
 */
export async function untilDoneOrAborted<Result>(result: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const done = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true, signal: done.signal });
  });
  try {
    return await Promise.race([result, aborted]);
  } finally {
    done.abort();
  }
}
