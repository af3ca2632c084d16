const PREFIXES = ["", "K", "M", "G", "T", "P", "E"] as const;
const MAX_SIZE = 2 ** 63;

/**
 * Reads a size such as `10MB` or `1GiB512KiB`. Both sets of units count in 1024, but one text uses one set. Returns
 * bytes, or undefined when the text is something else. https://pkg.go.dev/github.com/alecthomas/units
 */
export function parseByteSize(text: string): bigint | undefined {
  return parseWithSuffix(text, "iB") ?? parseWithSuffix(text, "B");
}

function parseWithSuffix(text: string, suffix: string): bigint | undefined {
  const negative = text.startsWith("-");
  const rest = /^[-+]/.test(text) ? text.slice(1) : text;
  if (rest === "0") return 0n;
  if (!/^(?:(?:\d+\.?\d*|\.\d+)[A-Za-z]+)+$/.test(rest)) return undefined;
  let total = 0;
  for (const [, digits, unit] of rest.matchAll(/([\d.]+)([A-Za-z]+)/g)) {
    const power = PREFIXES.findIndex((prefix) => unit === (prefix === "" ? "B" : prefix + suffix));
    if (power === -1) return undefined;
    total += Number(digits) * 1024 ** power;
  }
  if (total >= MAX_SIZE) return undefined;
  return BigInt(Math.trunc(negative ? -total : total));
}

/** Bytes in the largest units that leave no rest: `10MiB`, `1KiB512B`. */
export function formatByteSize(bytes: bigint): string {
  if (bytes === 0n) return "0B";
  let text = "";
  let rest = bytes;
  for (const prefix of PREFIXES) {
    const digit = rest % 1024n;
    if (digit !== 0n) text = `${String(digit)}${prefix === "" ? "B" : `${prefix}iB`}${text}`;
    rest /= 1024n;
  }
  return text;
}
