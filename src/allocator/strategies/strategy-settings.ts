import type { EveningLimits } from "./evening.ts";
import type { RendezvousKey } from "./rendezvous.ts";

/** How a strategy does what it does; each reads its own settings and ignores the others. */
export interface StrategySettings {
  /** `rendezvous`: what a target is hashed by. @default "address" */
  readonly key?: RendezvousKey;
  /** `weighted` and `zone-aware`: discovered labels that say what a target weighs. @default {@link WEIGHT_LABELS} */
  readonly weightLabels?: readonly string[];
  /** `zone-aware`: discovered labels that say in which zone a target runs. @default {@link ZONE_LABELS} */
  readonly zoneLabels?: readonly string[];
  /** `zone-aware`: what a collector may carry before its zone's targets go elsewhere, in means. @default 1.2 */
  readonly maxSkew?: number;
  /** Strategies that place by load: when moves begin to even them out, and when they end. */
  readonly evening?: EveningLimits;
}
