/** A text with `xxxxx` in place of passwords in URLs: some mechanisms label with theirs. */
export function withoutPassword(text: string): string {
  // Begins where a scheme ends: a look for its beginning would take a long value's square of time.
  return text.includes("://") ? text.replaceAll(/(:\/\/[^/?#@:\s]*):[^/?#\s]*@/g, "$1:xxxxx@") : text;
}

/** The JSON of a value, with {@link withoutPassword} wherever a text stands. */
export function jsonWithoutPasswords(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === "string" ? withoutPassword(part) : part));
}

/** The same as a value. */
export function withoutPasswords<T>(value: T): T {
  return JSON.parse(jsonWithoutPasswords(value)) as T;
}
