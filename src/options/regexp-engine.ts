import { setFlagsFromString } from "node:v8";

/** Steps back that V8's first engine may take on one text before the linear one takes over. V8's default. */
const BACKTRACKS_BEFORE_FALLBACK = 50_000;

/**
 * Makes V8 finish a regular expression in linear time when a text sends its usual engine back too often, so that no
 * pattern of a user can stall the process. Holds for the whole process and for expressions compiled afterwards; call
 * it once at the start. Patterns that the linear engine does not know never run on V8 in the first place.
 * https://v8.dev/blog/non-backtracking-regexp
 */
export function enableLinearRegExpFallback(): void {
  setFlagsFromString("--enable-experimental-regexp-engine-on-excessive-backtracks");
  setFlagsFromString(`--regexp-backtracks-before-fallback=${String(BACKTRACKS_BEFORE_FALLBACK)}`);
}
