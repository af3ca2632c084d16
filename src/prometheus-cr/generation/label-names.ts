/** A label key as Prometheus' discovery spells it in label names: what is no letter, digit or underscore becomes one. */
export function sanitized(labelKey: string): string {
  return labelKey.replaceAll(/[^\w]/gu, "_");
}
