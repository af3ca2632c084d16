import type { CollectorInstance } from "../collector-instance.ts";
import { labelReader } from "../labels/merged-labels.ts";
import type { CollectorLoad } from "./collector-load.ts";
import { DEFAULT_EVENING } from "./evening.ts";
import { chooseLeastLoaded, leastLoaded } from "./least-weighted.ts";
import type { LoadChoice, Strategy, StrategyFactory } from "./strategy.ts";
import type { StrategySettings } from "./strategy-settings.ts";
import { ZONE_LABELS, zoneOf } from "./target-zone.ts";
import { weighted } from "./weighted.ts";
import { ZoneBalancer } from "./zone-balancer.ts";
import { skewLimit, zoneOfCollector } from "./zones.ts";

const DEFAULT_MAX_SKEW = 1.2;

/**
 * A target goes to the collector of its own zone that has the least weight, unless that one would then carry more than
 * the mean of all collectors times the skew that is allowed. What has no room in its zone goes to the collector with
 * the least weight of all, and so does, last, what has no known zone, or one without collectors. Collectors whose zone
 * is not known take part in that alone. Weights are those of {@link weighted}.
 *
 * Every target stays where it is as long as its collector does. When moves are allowed, targets come home to zones that
 * have room again, the collectors of one zone are evened out, and what is beyond the skew goes elsewhere.
 */
export function zoneAware(settings: StrategySettings = {}): StrategyFactory {
  const { zoneLabels = ZONE_LABELS, maxSkew = DEFAULT_MAX_SKEW, evening = DEFAULT_EVENING } = settings;
  const zones = zoneLabels.map(labelReader);
  return {
    ...weighted(settings),
    usesZones: true,
    keyOf: (target) => zoneOf(target, zones),
    create: (collectors) => placeByZone(collectors, new ZoneBalancer(maxSkew, evening), maxSkew),
  };
}

function placeByZone(collectors: readonly CollectorInstance[], balancer: ZoneBalancer, maxSkew: number): Strategy {
  const zones = new Set(collectors.map(zoneOfCollector));
  zones.delete("");
  return {
    placementOf(zone) {
      if (collectors.length === 0) return undefined;
      return zones.has(zone) ? chooseInZone(zone, maxSkew) : chooseAfterOthers;
    },
    balancer,
  };
}

const chooseAfterOthers: LoadChoice = (target, loads) => (target.last ? chooseLeastLoaded(target, loads) : "later");

function chooseInZone(zone: string, maxSkew: number): LoadChoice {
  return (target, loads) => {
    const local = leastLoaded(target.job, loads, ({ collector }) => zoneOfCollector(collector) === zone);
    const limit = skewLimit(target.totalWeight, loads.length, maxSkew);
    if (local !== undefined && hasRoom(local, target.weight, limit)) return local.collector;
    if (!target.last) return "later";
    const anywhere = leastLoaded(target.job, loads);
    const spills = local === undefined || (anywhere !== undefined && anywhere.weight < local.weight);
    return (spills ? anywhere : local)?.collector;
  };
}

/** A target must not be homeless because it is heavier than what one collector should carry. */
function hasRoom({ weight }: CollectorLoad, more: number, limit: number): boolean {
  return weight === 0 || weight + more <= limit;
}
