import type { RendezvousKey } from "./rendezvous.ts";

/** How a strategy does what it does; each reads its own settings and ignores the others. */
export interface StrategySettings {
  /** `rendezvous`: what a target is hashed by. @default "address" */
  readonly key?: RendezvousKey;
}
