import type { CollectorInstance } from "../collector-instance.ts";
import { DEFAULT_EVENING, evenOut, type EveningLimits, unevenLoads } from "./evening.ts";
import type { CollectorLoad, JobLoad } from "./collector-load.ts";
import type { Strategy, StrategyFactory, UnplacedTarget } from "./strategy.ts";

/**
 * Of the loads that count, the one with the least weight, then with the fewest targets of the job; the order of `loads`
 * (by name) decides what is left.
 */
export function leastLoaded(
  job: JobLoad,
  loads: readonly CollectorLoad[],
  counts: (load: CollectorLoad) => boolean = () => true,
): CollectorLoad | undefined {
  let best: CollectorLoad | undefined;
  for (const load of loads) {
    if (!counts(load)) continue;
    if (best === undefined || load.weight < best.weight) best = load;
    else if (load.weight === best.weight && job.targetsAt(load) < job.targetsAt(best)) best = load;
  }
  return best;
}

/** The collector with the least weight, see {@link leastLoaded}. */
export function chooseLeastLoaded(
  { job }: UnplacedTarget,
  loads: readonly CollectorLoad[],
): CollectorInstance | undefined {
  return leastLoaded(job, loads)?.collector;
}

/**
 * A target without a collector goes to the one with the least weight, on a tie to the one with the fewest of the
 * target's job, then to the first by name; there it stays. So a new collector gets new targets only, and only the
 * targets of a collector that left are placed anew, as long as no moves are allowed.
 */
export function placeLeastWeighted(collectors: readonly CollectorInstance[], limits: EveningLimits): Strategy {
  return {
    placementOf: () => (collectors.length === 0 ? undefined : chooseLeastLoaded),
    balancer: {
      donorsAmong: (loads, ongoing) => unevenLoads(loads, ongoing ? limits.to : limits.above),
      movesFrom: (round) => evenOut(round, limits.to),
    },
  };
}

/** Every target counts alike. */
export function leastWeighted(limits: EveningLimits = DEFAULT_EVENING): StrategyFactory {
  return {
    keyOf: () => "any",
    create: (collectors) => placeLeastWeighted(collectors, limits),
  };
}
