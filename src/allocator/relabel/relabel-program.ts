import { compileRule, type RuleStep } from "./compile-rule.ts";
import type { NameScheme } from "./label-name.ts";
import type { LabelState } from "./label-state.ts";
import type { RelabelAction, RelabelConfig } from "./relabel-config.ts";
import { sourceValueOf } from "./source-value.ts";

/** Relabelling rules, ready to run over any number of targets. */
export interface RelabelProgram {
  readonly rules: readonly RelabelConfig[];
  /** Applies the rules in order. False: a rule dropped the target, and the rules behind it did not run. */
  run(state: LabelState): boolean;
  /** The same as {@link run}, with what each rule did. Slower; for explaining a target to a person. */
  trace(state: LabelState): RelabelStep[];
}

/** What one rule did to a target. */
export interface RelabelStep {
  /** The index of the rule. */
  readonly rule: number;
  readonly action: RelabelAction;
  /** The values of the source labels, joined: what the rule looked at. `""` when it has no source labels. */
  readonly sourceValue: string;
  /** Labels that are different behind the rule, in the order of their first change. */
  readonly changes: readonly LabelChange[];
  /** Present when the rule dropped the target; it is the last step then. */
  readonly dropped?: DropReason;
}

/** `""` means that the label was or is absent. */
export interface LabelChange {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/**
 * Why a rule drops a target: `keep` did not match, `drop` matched, `keepequal` found other values, `dropequal` found
 * equal ones.
 */
export type DropReason = "NoMatch" | "Match" | "NotEqual" | "Equal";

const DROP_REASONS: ReadonlyMap<RelabelAction, DropReason> = new Map([
  ["keep", "NoMatch"],
  ["drop", "Match"],
  ["keepequal", "NotEqual"],
  ["dropequal", "Equal"],
]);

/**
 * Compiles validated rules. Throws RegexpError for a rule whose pattern is not valid, which validation would have
 * found.
 *
 * @param scheme Decides which names `replace` may write; other targets are left alone.
 */
export function compileRelabel(rules: readonly RelabelConfig[], scheme: NameScheme): RelabelProgram {
  const steps = rules.map((rule) => compileRule(rule, scheme));
  return { rules, run: (state) => runSteps(steps, state), trace: (state) => traceSteps(rules, steps, state) };
}

function runSteps(steps: readonly RuleStep[], state: LabelState): boolean {
  for (const step of steps) if (!step(state)) return false;
  return true;
}

function traceSteps(rules: readonly RelabelConfig[], steps: readonly RuleStep[], state: LabelState): RelabelStep[] {
  const trace: RelabelStep[] = [];
  for (const [index, step] of steps.entries()) {
    const rule = rules[index];
    if (rule === undefined) break;
    const sourceValue = sourceValueOf(rule)(state);
    const recorder = new ChangeRecorder(state);
    const kept = step(recorder);
    const dropped = kept ? undefined : DROP_REASONS.get(rule.action);
    const seen = { rule: index, action: rule.action, sourceValue, changes: recorder.changes() };
    trace.push(dropped === undefined ? seen : { ...seen, dropped });
    if (!kept) break;
  }
  return trace;
}

/** Passes everything on and remembers what labels were before. */
class ChangeRecorder implements LabelState {
  readonly #state: LabelState;
  readonly #before = new Map<string, string>();

  constructor(state: LabelState) {
    this.#state = state;
  }

  get(name: string): string {
    return this.#state.get(name);
  }

  set(name: string, value: string): void {
    if (!this.#before.has(name)) this.#before.set(name, this.#state.get(name));
    this.#state.set(name, value);
  }

  names(): string[] {
    return this.#state.names();
  }

  changes(): readonly LabelChange[] {
    return [...this.#before]
      .map(([name, before]) => ({ name, before, after: this.#state.get(name) }))
      .filter(({ before, after }) => before !== after);
  }
}
