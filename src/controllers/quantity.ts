/** Kubernetes quantities: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity */

const QUANTITY = /^([-+]?(?:\d+\.?\d*|\.\d+))(?:([KMGTPE]i)|([numkMGTPE])|[eE]([-+]?\d+))?$/;
const BINARY = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const DECIMAL: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
};

const QUANTITY_MAPS: ReadonlySet<string> = new Set(["limits", "requests"]);
const QUANTITY_FIELDS: ReadonlySet<string> = new Set([...QUANTITY_MAPS, "divisor", "sizeLimit"]);

/** True for fields that map any key to a quantity. */
export function isQuantityMap(field: string): boolean {
  return QUANTITY_MAPS.has(field);
}

/** True when the field holds quantities and both are the same amount: the server rewrites `1024Mi` to `1Gi`. */
export function sameQuantity(a: unknown, b: unknown, field: string): boolean {
  if (!QUANTITY_FIELDS.has(field)) return false;
  const [x, y] = [amount(a), amount(b)];
  return x !== undefined && y !== undefined && Math.abs(x - y) <= Math.abs(x) * 1e-12;
}

function amount(quantity: unknown): number | undefined {
  if (typeof quantity === "number") return quantity;
  const parts = typeof quantity === "string" ? QUANTITY.exec(quantity) : null;
  if (parts === null) return undefined;
  const [, digits = "0", binary, decimal, exponent = "0"] = parts;
  const scale = binary === undefined ? (DECIMAL[decimal ?? ""] ?? 1) : 1024 ** (BINARY.indexOf(binary) + 1);
  return Number(digits) * scale * 10 ** Number(exponent);
}
