import type { CollectorInstance } from "../collector-instance.ts";
import type { CollectorLoad, StrategyFactory } from "./strategy.ts";

/** Ranks by targets, then by targets of the job; the order of `loads` (by name) decides what is left. */
function leastLoaded(job: string, loads: readonly CollectorLoad[]): CollectorInstance | undefined {
  let best: CollectorLoad | undefined;
  for (const load of loads) {
    if (best === undefined || load.targets < best.targets) best = load;
    else if (load.targets === best.targets && load.targetsOf(job) < best.targetsOf(job)) best = load;
  }
  return best?.collector;
}

/**
 * A target without a collector goes to the one with the fewest targets, on a tie to the one with the fewest of the
 * target's job, then to the first by name; there it stays. So a new collector gets new targets only, and only the
 * targets of a collector that left are placed anew.
 */
export const leastWeighted: StrategyFactory = {
  keyOf: () => "any",
  create: (collectors) => ({ placementOf: () => (collectors.length === 0 ? undefined : leastLoaded) }),
};
