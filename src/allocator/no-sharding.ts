import type { LabelState } from "./relabel/label-state.ts";
import { compileRegexp } from "./relabel/regexp/regexp.ts";
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
  /** Few rules do, and setting a label for nothing costs every target something. */
  #looksAtLabel = true;

  constructor(rules: readonly RelabelConfig[], compile: () => RelabelProgram) {
    this.rules = rules;
    this.#compile = compile;
  }

  run(state: LabelState): boolean {
    const program = this.#prepare();
    if (this.#looksAtLabel) state.set(DISABLE_SHARDING, "true");
    const kept = program.run(state);
    if (kept && state.get(DISABLE_SHARDING) !== "") state.set(DISABLE_SHARDING, "");
    return kept;
  }

  trace(state: LabelState): RelabelStep[] {
    const program = this.#prepare();
    state.set(DISABLE_SHARDING, "true");
    const steps = program.trace(state);
    state.set(DISABLE_SHARDING, "");
    return steps;
  }

  #prepare(): RelabelProgram {
    if (this.#program === undefined) {
      this.#program = this.#compile();
      this.#looksAtLabel = this.rules.some(looksAtLabel);
    }
    return this.#program;
  }
}

/** Whether it makes a difference to a rule that the label is set. */
function looksAtLabel({ sourceLabels, targetLabel, action, regex }: RelabelConfig): boolean {
  const copies = action === "labelmap" && compileRegexp(regex).matches(DISABLE_SHARDING);
  return copies || targetLabel === DISABLE_SHARDING || sourceLabels.includes(DISABLE_SHARDING);
}
