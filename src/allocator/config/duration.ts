const MS_PER_SECOND = 1000;
const MS_PER_MINUTE = 60 * MS_PER_SECOND;
const MS_PER_HOUR = 60 * MS_PER_MINUTE;
const MS_PER_DAY = 24 * MS_PER_HOUR;

/** From the longest to the shortest; years and weeks are printed only when they divide the rest exactly. */
const UNITS = [
  { name: "y", ms: 365 * MS_PER_DAY, exact: true },
  { name: "w", ms: 7 * MS_PER_DAY, exact: true },
  { name: "d", ms: MS_PER_DAY, exact: false },
  { name: "h", ms: MS_PER_HOUR, exact: false },
  { name: "m", ms: MS_PER_MINUTE, exact: false },
  { name: "s", ms: MS_PER_SECOND, exact: false },
  { name: "ms", ms: 1, exact: false },
] as const;

/** Go counts nanoseconds in 64 bits. */
const MAX_DURATION_MS = Math.floor(2 ** 63 / 1e6);

/**
 * Reads a duration in Prometheus' syntax: `0`, or digits with units from `y w d h m s ms`, each at most once and in
 * this order, such as `1h30m`. Returns milliseconds, or undefined when the text is something else or too long a time.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/
 */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  if (!/^(?:\d+(?:ms|[ywdhms]))+$/.test(text)) return undefined;
  let total = 0;
  let position = -1;
  for (const [, digits, unit] of text.matchAll(/(\d+)(ms|[ywdhms])/g)) {
    const next = UNITS.findIndex(({ name }) => name === unit);
    if (next <= position) return undefined;
    position = next;
    total += Number(digits) * (UNITS[next]?.ms ?? 0);
  }
  return total <= MAX_DURATION_MS ? total : undefined;
}

/** Milliseconds in Prometheus' syntax: `1m30s`, `15d`, `2w`; `0s` for nothing. */
export function formatDuration(durationMs: number): string {
  let rest = Math.trunc(durationMs);
  if (rest === 0) return "0s";
  let text = "";
  for (const { name, ms, exact } of UNITS) {
    const count = exact && rest % ms !== 0 ? 0 : Math.floor(rest / ms);
    if (count > 0) text += `${String(count)}${name}`;
    rest -= count * ms;
  }
  return text;
}
