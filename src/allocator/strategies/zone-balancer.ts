import type { Balancer, BalancingRound, Movable, Move } from "./balancer.ts";
import type { CollectorLoad } from "./collector-load.ts";
import { evenAmong, type EveningLimits, lightestOf, unevenLoads } from "./evening.ts";
import { MoveLedger } from "./move-ledger.ts";
import { byZone, skewLimit, zoneOfCollector } from "./zones.ts";

/**
 * Brings targets home to zones that have room, takes what is beyond the allowed skew to other zones, and evens out the
 * collectors of each zone; in this order, in which no step undoes what one before has done.
 */
export class ZoneBalancer implements Balancer {
  readonly #maxSkew: number;
  readonly #evening: EveningLimits;

  constructor(maxSkew: number, evening: EveningLimits) {
    this.#maxSkew = maxSkew;
    this.#evening = evening;
  }

  donorsAmong(loads: readonly CollectorLoad[], ongoing: boolean): readonly CollectorLoad[] {
    const { above, to } = this.#evening;
    const limit = this.#limitOf(loads);
    const zones = byZone(loads);
    const uneven = [...zones.values()].flatMap((zone) => unevenLoads(zone, ongoing ? to : above));
    const overloaded = loads.filter(({ weight }) => weight > (ongoing ? limit : limit * to));
    // A little room is no reason to begin: it may be gone tomorrow.
    const roomy = [...zones].filter(([zone, of]) => zone !== "" && leastOf(of) < limit / to).map(([zone]) => zone);
    const away = loads.filter((load) =>
      roomy.some((zone) => zone !== zoneOfCollector(load.collector) && load.weightOf(zone) > 0),
    );
    const donors = new Set([...uneven, ...overloaded, ...away]);
    return loads.filter((load) => donors.has(load));
  }

  movesFrom<T extends Movable>(round: BalancingRound<T>): readonly Move<T>[] {
    const ledger = new MoveLedger(round);
    const limit = this.#limitOf(round.loads);
    const zones = byZone(round.loads);
    bringHome(ledger, round, { zones, limit });
    spill(ledger, round.loads, { zones, limit });
    for (const zone of zones.values()) evenAmong(ledger, zone, this.#evening.to);
    return ledger.moves;
  }

  #limitOf(loads: readonly CollectorLoad[]): number {
    const total = loads.reduce((sum, { weight }) => sum + weight, 0);
    return skewLimit(total, loads.length, this.#maxSkew);
  }
}

interface Zones {
  /** The collectors of each zone; "" for those of unknown ones. */
  readonly zones: ReadonlyMap<string, readonly CollectorLoad[]>;
  /** What one collector should carry at most. */
  readonly limit: number;
}

function leastOf(loads: readonly CollectorLoad[]): number {
  return Math.min(...loads.map(({ weight }) => weight));
}

/** Targets whose zone has room go there, the heaviest first, as long as one that leaves makes room for another. */
function bringHome<T extends Movable>(ledger: MoveLedger<T>, { donors }: BalancingRound<T>, zones: Zones): void {
  let before = -1;
  while (!ledger.full && ledger.moves.length > before) {
    before = ledger.moves.length;
    for (const { load } of donors) sendHome(ledger, load, zones);
  }
}

function sendHome<T extends Movable>(ledger: MoveLedger<T>, load: CollectorLoad, { zones, limit }: Zones): void {
  const zone = zoneOfCollector(load.collector);
  for (const target of ledger.targetsOf(load)) {
    const home = target.key === zone || target.key === "" ? undefined : zones.get(target.key);
    if (home === undefined || ledger.full) continue;
    const least = lightestOf(home, ledger);
    if (ledger.weightOf(least) + target.weight <= limit) ledger.move(target, load, least);
  }
}

/** Collectors beyond the limit give to the least loaded one of their zone, or, where that one has no room, of all. */
function spill<T extends Movable>(
  ledger: MoveLedger<T>,
  loads: readonly CollectorLoad[],
  { zones, limit }: Zones,
): void {
  for (const load of loads) {
    const zone = zones.get(zoneOfCollector(load.collector)) ?? loads;
    while (!ledger.full && ledger.weightOf(load) > limit) {
      const nearby = lightestOf(zone, ledger);
      const fit = ledger.bestFit(load, nearby);
      const stays = fit !== undefined && ledger.weightOf(nearby) + fit.weight <= limit;
      const to = stays ? nearby : lightestOf(loads, ledger);
      const target = stays ? fit : ledger.bestFit(load, to);
      if (target === undefined) break;
      ledger.move(target, load, to);
    }
  }
}
