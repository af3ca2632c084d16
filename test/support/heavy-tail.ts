/**
 * Addresses with weights as samples of real targets are distributed: many small ones, and a few that are a thousand
 * times as heavy. The same every time.
 */
export function heavyTail(count: number): Readonly<Record<string, number>> {
  const shape = 1.2;
  const weights = Array.from({ length: count }, (_, i) => {
    // Golden ratio: evenly spread over the unit interval, whatever the count.
    const quantile = ((i + 1) * 0.618_033_988_75) % 1;
    return [
      `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}:9100`,
      Math.round(100 * (1 - quantile) ** (-1 / shape)),
    ] as const;
  });
  return Object.fromEntries(weights);
}
