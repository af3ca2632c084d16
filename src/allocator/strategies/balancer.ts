import type { CollectorInstance } from "../collector-instance.ts";
import type { CollectorLoad } from "./collector-load.ts";

/** A target that a balancer may move. */
export interface Movable {
  /** Its placement key. */
  readonly key: string;
  readonly weight: number;
}

/** A collector that should give targets away. */
export interface Donor<T extends Movable = Movable> {
  readonly load: CollectorLoad;
  /** All that it has and may give, the heaviest first. Equal inputs give equal order. */
  readonly targets: readonly T[];
}

/** A target and the collector that shall have it. */
export interface Move<T extends Movable = Movable> {
  readonly target: T;
  readonly to: CollectorInstance;
}

/**
 * Evens out what has become uneven, for strategies that otherwise leave targets where they are. Asked only when moves
 * are allowed, so that their number per minute is bounded. Must depend on its arguments alone.
 */
export interface Balancer {
  /**
   * The collectors that should give targets away, by a look at the loads only; empty while all is well.
   *
   * @param ongoing True while moves have begun and have not come to their end. So a balancer can begin late and end
   * early: what has just been evened out does not begin again at the next small change.
   */
  donorsAmong(loads: readonly CollectorLoad[], ongoing: boolean): readonly CollectorLoad[];
  /** Which targets go where: `limit` at most, the most useful first. Each move alone makes it better. */
  movesFrom<T extends Movable>(round: BalancingRound<T>): readonly Move<T>[];
}

/** What moves are chosen from. */
export interface BalancingRound<T extends Movable> {
  readonly donors: readonly Donor<T>[];
  /** Of all collectors, sorted by name; as they are before the first move. */
  readonly loads: readonly CollectorLoad[];
  readonly limit: number;
}
