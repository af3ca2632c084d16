/** Durations as Go writes and reads them: https://pkg.go.dev/time#ParseDuration */

const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};
const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g;
const DURATION = /^[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+)$/;

/** The duration in Go's own spelling, such as `1m30s` for `90s`. What is no duration stays as it is. */
export function canonicalDuration(text: string): string {
  if (!DURATION.test(text)) return text;
  let nanoseconds = 0;
  for (const [, amount = "0", unit = "ns"] of text.matchAll(PART)) nanoseconds += Number(amount) * (UNITS[unit] ?? 0);
  const sign = text.startsWith("-") && nanoseconds > 0 ? "-" : "";
  return sign + spell(Math.trunc(nanoseconds));
}

function spell(nanoseconds: number): string {
  if (nanoseconds === 0) return "0s";
  if (nanoseconds < 1e3) return `${String(nanoseconds)}ns`;
  if (nanoseconds < 1e6) return `${String(nanoseconds / 1e3)}µs`;
  if (nanoseconds < 1e9) return `${String(nanoseconds / 1e6)}ms`;
  const hours = Math.floor(nanoseconds / 3600e9);
  const minutes = Math.floor(nanoseconds / 60e9) % 60;
  const seconds = `${String((nanoseconds % 60e9) / 1e9)}s`;
  if (hours > 0) return `${String(hours)}h${String(minutes)}m${seconds}`;
  return minutes > 0 ? `${String(minutes)}m${seconds}` : seconds;
}
