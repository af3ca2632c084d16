const MS_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ["ns", 1e-6],
  ["us", 1e-3],
  ["µs", 1e-3],
  ["μs", 1e-3],
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

/**
 * A duration in Go's syntax, `1h30m`, `1.5s` or `250ms`, in milliseconds; undefined when the text is none. Days and
 * longer have no unit. https://pkg.go.dev/time#ParseDuration
 */
export function parseGoDuration(text: string): number | undefined {
  const parts = /^(?<sign>[-+]?)(?:0|(?<terms>(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+))$/.exec(text)?.groups;
  if (parts === undefined) return undefined;
  let total = 0;
  for (const [, digits, unit] of (parts["terms"] ?? "").matchAll(/([\d.]+)([^\d.]+)/g)) {
    total += Number(digits) * (MS_PER_UNIT.get(unit ?? "") ?? 0);
  }
  return parts["sign"] === "-" ? -total : total;
}
