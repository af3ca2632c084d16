/**
 * An error for a person at a terminal: its message, then what caused it, one a line. Stacks are for the log. The parts
 * of an AggregateError stand one after the other.
 */
export function explainFailure(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(explainFailure).join("\n");
  if (!(error instanceof Error)) return String(error);
  if (error.cause === undefined) return error.message;
  const cause = explainFailure(error.cause);
  // Adapters put the cause's words into their own message: once is enough.
  return error.message.includes(cause) ? error.message : `${error.message}: ${cause}`;
}
