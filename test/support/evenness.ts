import type { AllocationSnapshot } from "../../src/allocator/snapshot.ts";

/** How evenly something is spread over collectors, as multiples of the mean: 1 is even. */
export interface Evenness {
  readonly least: number;
  readonly most: number;
  /** Standard deviation. */
  readonly deviation: number;
}

/** Of the targets of a snapshot. */
export function evennessOf({ targetsByCollector }: AllocationSnapshot): Evenness {
  return evennessAmong([...targetsByCollector.values()]);
}

/** Of loads of which not all are zero. */
export function evennessAmong(loads: readonly number[]): Evenness {
  const mean = loads.reduce((sum, load) => sum + load, 0) / loads.length;
  const variance = loads.reduce((sum, load) => sum + (load - mean) ** 2, 0) / loads.length;
  return { least: Math.min(...loads) / mean, most: Math.max(...loads) / mean, deviation: Math.sqrt(variance) / mean };
}
