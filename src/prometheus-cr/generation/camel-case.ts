/** The name of a field for a key of a Prometheus configuration, such as `targetLabel` for `target_label`. */
export function camelCase(key: string): string {
  return key.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}
