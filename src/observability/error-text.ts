/** Causes of causes, and errors of one aggregate, that are still told. */
const MAX_DEPTH = 10;
const MAX_ERRORS = 10;

/**
 * The message of an error and of its causes on one line: `applying Service shop/web: connection refused`. A cause whose
 * message the outer one repeats already is left out. Anything else that was thrown becomes a string.
 */
export function errorMessage(error: unknown): string {
  return messageOf(error, 0);
}

/** The stack of an error and of its causes, as Node prints it; undefined for what is not an error. */
export function errorStack(error: unknown): string | undefined {
  const stacks: string[] = [];
  for (let one = error; one instanceof Error && stacks.length < MAX_DEPTH; one = one.cause) {
    stacks.push(one.stack ?? String(one));
  }
  return stacks.length === 0 ? undefined : stacks.join("\ncaused by: ");
}

/** The `code` of an error or of its nearest cause that has one. */
export function errorCode(error: unknown): string | undefined {
  let one = error;
  for (let depth = 0; one instanceof Error && depth < MAX_DEPTH; depth += 1) {
    if ("code" in one && typeof one.code === "string") return one.code;
    one = one.cause;
  }
  return undefined;
}

function messageOf(error: unknown, depth: number): string {
  if (!(error instanceof Error)) return String(error);
  const parts = [error.message === "" ? error.name : error.message];
  if (depth < MAX_DEPTH) {
    if (error instanceof AggregateError && error.errors.length > 0) parts.push(listOf(error.errors, depth));
    if (error.cause !== undefined) parts.push(messageOf(error.cause, depth + 1));
  }
  return parts.reduce(joined);
}

/** Each layer adds what it tried; a layer that repeats the one below it word for word adds nothing. */
function joined(outer: string, inner: string): string {
  if (outer.includes(inner)) return outer;
  return inner.startsWith(outer) ? inner : `${outer}: ${inner}`;
}

function listOf(errors: readonly unknown[], depth: number): string {
  const told = errors.slice(0, MAX_ERRORS).map((error) => messageOf(error, depth + 1));
  const more = errors.length - told.length;
  return [...told, ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}
