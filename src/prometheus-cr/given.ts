/** The settings that are given: those that are not undefined, in their order. */
export function given<V>(settings: Readonly<Record<string, V | undefined>>): Record<string, V> {
  const entries = Object.entries(settings).filter((entry): entry is [string, V] => entry[1] !== undefined);
  return Object.fromEntries(entries);
}

/** The text, unless it is empty. */
export function unlessEmpty(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}
