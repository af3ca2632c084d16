import type { Clock } from "../observability/clock.ts";
import type { Logger } from "../observability/logger.ts";
import type { PlannedStrategy } from "./planned-strategy.ts";
import { type Rebalanced, Rebalancer } from "./rebalancer.ts";
import type { PassResult, ReplaceableEngine } from "./replaceable-engine.ts";
import { WeightFeed } from "./weight-feed.ts";

/** Whose placements are kept good, and who is told. */
export interface StrategyUpkeepOptions {
  readonly engine: Pick<ReplaceableEngine, "setWeights"> & Rebalanced;
  readonly clock: Clock;
  readonly log: Logger;
  /** There is something for a pass to do. */
  readonly onDue: () => void;
  /** Anything that can be read here has changed. */
  readonly onStateChange: () => void;
}

/** What a strategy needs besides passes: what was measured of targets, and moves now and then. */
export class StrategyUpkeep {
  readonly #weights: WeightFeed;
  readonly #rebalancer: Rebalancer;

  constructor({ engine, clock, log, onDue, onStateChange }: StrategyUpkeepOptions) {
    this.#rebalancer = new Rebalancer(engine, clock, onDue);
    const onWeights: ConstructorParameters<typeof WeightFeed>[0]["onWeights"] = (weights) => {
      engine.setWeights(weights);
      onDue();
    };
    this.#weights = new WeightFeed({ clock, log, onWeights, onStateChange });
  }

  /** All weights are known that can be known. */
  get settled(): boolean {
    return this.#weights.settled;
  }

  /** Why weights cannot be read; undefined when they can. */
  get error(): Error | undefined {
    return this.#weights.error;
  }

  /** Serves this strategy from now on. */
  use({ maxMovesPerMinute, weightsFile }: PlannedStrategy): void {
    this.#weights.use(weightsFile);
    this.#rebalancer.maxMovesPerMinute = maxMovesPerMinute;
  }

  /** To be called after each complete pass. */
  passed({ balanced }: PassResult): void {
    this.#rebalancer.review(balanced);
  }

  /** Resolves when everything is released. */
  async stop(): Promise<void> {
    this.#rebalancer.stop();
    await this.#weights.stop();
  }
}
