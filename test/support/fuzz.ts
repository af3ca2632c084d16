/** The same cases on every machine and every day, until somebody asks for others. */
const SEED = 20_261_123;

/** Far more than the cases of one test take on a machine that does ten other things. */
const MS_PER_TEST = 240_000;

const factor = Number(process.env["FUZZ_FACTOR"] ?? 1);
// A longer run would learn nothing from the same cases once more.
const seed = Number(process.env["FUZZ_SEED"] ?? (factor > 1 ? Date.now() % 2 ** 31 : SEED));

/**
 * How many random cases a fuzz test runs, and from which seed. `FUZZ_FACTOR=50` runs fifty times as many from a new
 * seed, `FUZZ_SEED` gives the seed. A failure prints seed and path, which find the one case again.
 */
export function fuzzed(numRuns: number): { readonly numRuns: number; readonly seed: number } {
  return { numRuns: Math.ceil(numRuns * factor), seed };
}

/** The time that jest gives such a test. */
export const FUZZ_TIMEOUT_MS = MS_PER_TEST * Math.max(1, factor);
