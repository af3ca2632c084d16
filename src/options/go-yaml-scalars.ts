import { type DataValue, goFloatText, goNumberText } from "../allocator/index.ts";

/** The kinds of plain scalars other than texts. */
export type ScalarTag = "null" | "bool" | "int" | "float";

/** What a plain scalar stands for. */
export interface ResolvedScalar {
  readonly tag: ScalarTag | "str";
  readonly value: DataValue;
}

/** The characters with which scalars of a kind can begin; `""` for the empty text. */
export const GO_SCALARS: Readonly<Record<ScalarTag, readonly string[]>> = {
  null: ["", "~", "n", "N"],
  bool: "y Y n N t T f F o O".split(" "),
  int: "+ - 0 1 2 3 4 5 6 7 8 9".split(" "),
  float: "+ - . 0 1 2 3 4 5 6 7 8 9".split(" "),
};

const NULLS: ReadonlySet<string> = new Set(["", "~", "null", "Null", "NULL"]);
const WORDS: ReadonlyMap<string, boolean | number> = new Map<string, boolean | number>([
  ...words(true, "y Y yes Yes YES true True TRUE on On ON"),
  ...words(false, "n N no No NO false False FALSE off Off OFF"),
  ...words(NaN, ".nan .NaN .NAN"),
  ...words(Infinity, ".inf .Inf .INF +.inf +.Inf +.INF"),
  ...words(-Infinity, "-.inf -.Inf -.INF"),
]);

function words<T>(value: T, list: string): [string, T][] {
  return list.split(" ").map((word) => [word, value]);
}

/** Resolves a plain scalar by the rules of yaml.v2. https://github.com/go-yaml/yaml/blob/v2/resolve.go */
export function resolveScalar(source: string): ResolvedScalar {
  if (NULLS.has(source)) return { tag: "null", value: null };
  const word = WORDS.get(source);
  if (word !== undefined) return typeof word === "boolean" ? { tag: "bool", value: word } : float(word);
  if (!/^[-+.\d]/.test(source)) return { tag: "str", value: source };
  return resolveNumber(source) ?? { tag: "str", value: source };
}

const MIN_INT = -(2n ** 63n);
const MAX_UINT = 2n ** 64n - 1n;

function resolveNumber(source: string): ResolvedScalar | undefined {
  // A date such as 2024-01-02 is text, and no number either way.
  const plain = source.startsWith(".") ? source : source.replaceAll("_", "");
  const whole = wholeNumber(plain);
  if (whole !== undefined && whole >= MIN_INT && whole <= MAX_UINT) return { tag: "int", value: narrowed(whole) };
  if (!/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(plain)) return undefined;
  const value = Number(plain);
  return Number.isFinite(value) ? float(value) : undefined;
}

/** A whole number in Go's syntax: decimal, `0x`, `0o`, `0b`, and octal behind a zero. */
function wholeNumber(plain: string): bigint | undefined {
  const match =
    /^(?<sign>[-+]?)(?:0[xX](?<hex>[\dA-Fa-f]+)|0[bB](?<bin>[01]+)|0[oO]?(?<oct>[0-7]+)|(?<dec>0|[1-9]\d*))$/.exec(
      plain,
    )?.groups;
  if (match === undefined) return undefined;
  const { sign, hex, bin, oct, dec } = match;
  const prefixed =
    hex === undefined ? (bin === undefined ? (oct === undefined ? dec : `0o${oct}`) : `0b${bin}`) : `0x${hex}`;
  const magnitude = BigInt(prefixed ?? "0");
  return sign === "-" ? -magnitude : magnitude;
}

function narrowed(value: bigint): DataValue {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/**
 * A floating-point number. One that Go prints with an exponent although it is whole, such as 1e+06, is kept as that
 * text, because a number could not tell it from 1000000; wherever a number is wanted the text counts as one.
 */
function float(value: number): ResolvedScalar {
  const text = goFloatText(value);
  const lossy = Number.isInteger(value) && text.includes("e");
  return { tag: "float", value: lossy ? text : value };
}

/** A scalar as the key of a mapping. */
export function keyTextOf(key: DataValue): string {
  if (typeof key === "string") return key;
  if (typeof key === "number" || typeof key === "bigint") return goNumberText(key);
  return typeof key === "boolean" ? String(key) : "";
}
