/**
 * A number as Go's YAML writer prints it: integers in full, other numbers in their shortest form, with an exponent
 * below 1e-4 and from 1e+06 on.
 */
export function goNumberText(value: number | bigint): string {
  if (typeof value === "bigint") return value.toString();
  return Number.isInteger(value) && !Object.is(value, -0) ? value.toString() : goFloatText(value);
}

/** As {@link goNumberText} for what was written as a floating-point number, even when it has no fraction. */
export function goFloatText(value: number): string {
  if (Number.isNaN(value)) return ".nan";
  if (!Number.isFinite(value)) return value > 0 ? ".inf" : "-.inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  const digits = String(Math.abs(power)).padStart(2, "0");
  return `${mantissa}e${power < 0 ? "-" : "+"}${digits}`;
}

/** The number that {@link goFloatText} printed with a positive exponent; undefined for all other texts. */
export function numberOfExponentText(text: string): number | undefined {
  return /^-?\d(?:\.\d+)?e\+\d{2,}$/.test(text) ? Number(text) : undefined;
}
