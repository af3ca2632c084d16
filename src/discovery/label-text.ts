/** The label that every target has: where to scrape it. */
export const ADDRESS = "__address__";

/** `host:port`, with brackets around an IPv6 host. */
export function hostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Every character that a label name may not have becomes one underscore. */
export function sanitised(name: string): string {
  return name.replace(/[^a-zA-Z0-9_]/gu, "_");
}

/** `,a,b,`: with the separator at both ends too, so that a rule finds an item wherever it stands. */
export function surrounded(items: readonly string[], separator = ","): string {
  return separator + items.join(separator) + separator;
}

/** A label with a {@link surrounded} list, or none for an empty one. */
export function listLabel(name: string, items: readonly string[], separator = ","): Readonly<Record<string, string>> {
  return items.length === 0 ? {} : { [name]: surrounded(items, separator) };
}

/** Labels of a map whose keys users choose: `<prefix><sanitised key>`. Of keys that become one name the last wins. */
export function mapLabels(
  prefix: string,
  entries: readonly (readonly [key: string, value: string])[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(entries.map(([key, value]) => [prefix + sanitised(key), value]));
}
