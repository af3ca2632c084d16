import type { CollectorInstance } from "../collector-instance.ts";
import type { CollectorLoad } from "./collector-load.ts";

/** The zone of a collector; "" when it is not known. */
export function zoneOfCollector({ zone = "" }: CollectorInstance): string {
  return zone;
}

/** The loads of the collectors of each zone, "" included; zones and loads in the order of `loads`. */
export function byZone(loads: readonly CollectorLoad[]): ReadonlyMap<string, readonly CollectorLoad[]> {
  return Map.groupBy(loads, ({ collector }) => zoneOfCollector(collector));
}

/** What a collector may carry at most before targets of its zone go elsewhere: the mean, and so much more. */
export function skewLimit(totalWeight: number, collectors: number, maxSkew: number): number {
  return (totalWeight / collectors) * maxSkew;
}
