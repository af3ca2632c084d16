/**
 * Whether an error is of the class, itself or by its causes. An AggregateError is when all its errors are: it asks for a
 * reaction that suits each of them.
 */
export function causedBy(error: unknown, type: ErrorClass): boolean {
  if (error instanceof type) return true;
  if (error instanceof AggregateError && error.errors.length > 0) {
    return error.errors.every((one: unknown) => causedBy(one, type));
  }
  return error instanceof Error && causedBy(error.cause, type);
}

/** Any class of errors, whatever it is constructed from. */
interface ErrorClass {
  readonly prototype: Error;
  [Symbol.hasInstance](value: unknown): boolean;
}
