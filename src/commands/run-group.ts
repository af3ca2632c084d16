/** Something that runs until the signal is aborted, or until it cannot go on. */
export type Actor = (signal: AbortSignal) => Promise<void>;

/**
 * Runs actors together: the first to end, for whatever reason, stops the others; all are awaited. Rejects with an
 * AggregateError of what went wrong, each named after its actor. Failures that only say "aborted" are no failures.
 */
export async function runGroup(parent: AbortSignal, actors: Readonly<Record<string, Actor>>): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([parent, stop.signal]);
  const outcomes = await Promise.allSettled(
    Object.entries(actors).map(async ([name, run]) => {
      try {
        await run(signal);
      } catch (cause) {
        if (!(signal.aborted && cause === signal.reason)) throw new Error(`${name} failed`, { cause });
      } finally {
        stop.abort();
      }
    }),
  );
  const errors = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as unknown] : []));
  if (errors.length > 0) throw new AggregateError(errors, "the process cannot go on");
}
