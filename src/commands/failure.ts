import { types } from "node:util";

/**
 * An error for a person at a terminal: its message, then what caused it. Errors with a code are complete: their message
 * has what matters of the cause. Stacks are for the log. The parts of an AggregateError stand one after the other.
 */
export function explainFailure(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(explainFailure).join("\n");
  if (!types.isNativeError(error)) return String(error);
  return error.cause === undefined || "code" in error
    ? error.message
    : `${error.message}: ${explainFailure(error.cause)}`;
}
