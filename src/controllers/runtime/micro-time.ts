/**
 * metav1.MicroTime: RFC 3339 with exactly six decimals, the only form that the API server reads.
 *
 * @param ms - Since the epoch.
 */
export function toMicroTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}
