import type { LabelState } from "./relabel/label-state.ts";
import type { RelabelConfig } from "./relabel/relabel-config.ts";
import type { RelabelProgram, RelabelStep } from "./relabel/relabel-program.ts";

/** While this label is set, the keep rule that the Prometheus operator generates for sharding lets every target pass. */
const DISABLE_SHARDING = "__tmp_disable_sharding";

/**
 * A job's own rules between two that switch off sharding: what collectors share out among themselves must not be
 * thinned out by the shards of a Prometheus. The label is gone afterwards. Steps are numbered as the job's own rules.
 *
 * The rules are compiled when they are first used, because most definitions are equal to the one before and never used.
 */
export class NoShardingProgram implements RelabelProgram {
  readonly rules: readonly RelabelConfig[];
  readonly #compile: () => RelabelProgram;
  #program: RelabelProgram | undefined;

  constructor(rules: readonly RelabelConfig[], compile: () => RelabelProgram) {
    this.rules = rules;
    this.#compile = compile;
  }

  run(state: LabelState): boolean {
    this.#program ??= this.#compile();
    state.set(DISABLE_SHARDING, "true");
    const kept = this.#program.run(state);
    if (kept) state.set(DISABLE_SHARDING, "");
    return kept;
  }

  trace(state: LabelState): RelabelStep[] {
    this.#program ??= this.#compile();
    state.set(DISABLE_SHARDING, "true");
    const steps = this.#program.trace(state);
    state.set(DISABLE_SHARDING, "");
    return steps;
  }
}
