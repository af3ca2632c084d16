/** The JSON of a value with `xxxxx` in place of passwords in URLs, wherever they stand: some mechanisms label with theirs. */
export function jsonWithoutPasswords(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    // Begins where a scheme ends: a look for its beginning would take a long value's square of time.
    typeof part === "string" ? part.replaceAll(/(:\/\/[^/?#@:\s]*):[^/?#\s]*@/g, "$1:xxxxx@") : part,
  );
}

/** The same as a value. */
export function withoutPasswords<T>(value: T): T {
  return JSON.parse(jsonWithoutPasswords(value)) as T;
}
