const SCALES: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
  Pi: 1024 ** 5,
  Ei: 1024 ** 6,
};

/**
 * A Kubernetes quantity as a number; undefined when the text is none.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity
 */
export function quantityNumber(quantity: string | number): number | undefined {
  const parts =
    /^(?<digits>[-+]?(?:\d+\.?\d*|\.\d+))(?:(?<unit>[numkMGTPE]|[KMGTPE]i)|[eE](?<exponent>[-+]?\d+))?$/.exec(
      String(quantity),
    )?.groups;
  if (parts === undefined) return undefined;
  const { digits, unit, exponent } = parts;
  return Number(`${String(digits)}e${exponent ?? "0"}`) * (unit === undefined ? 1 : (SCALES[unit] ?? 1));
}
