import type { EveningLimits } from "./evening.ts";
import type { RendezvousKey } from "./rendezvous.ts";

/** How a strategy does what it does; each reads its own settings and ignores the others. */
export interface StrategySettings {
  /** `rendezvous`: what a target is hashed by. @default "address" */
  readonly key?: RendezvousKey;
  /** `weighted`: discovered labels that say what a target weighs. @default {@link WEIGHT_LABELS} */
  readonly weightLabels?: readonly string[];
  /** Strategies that place by load: when moves begin to even them out, and when they end. */
  readonly evening?: EveningLimits;
}
