import type { ExplanationJson, RelabelStepJson } from "./explanation-json.ts";
import type { ServedMonitor, ServedMonitorJob } from "./served-monitors.ts";

/** A rule that drops targets of a job. */
interface DropJson {
  /** The place of the rule in `relabel_configs`, from 0. */
  readonly rule: number;
  /** The rule as it could stand in the configuration. */
  readonly config: RelabelStepJson["config"];
  readonly targets: number;
}

/** Which rules drop targets of a job. */
export interface DropTallyJson {
  /** How many targets were looked at; the job may have more. */
  readonly lookedAt: number;
  /** By their place. */
  readonly rules: readonly DropJson[];
}

export interface MonitorJobJson extends ServedMonitorJob {
  /** Absent when nothing is dropped, or when it was not looked. */
  readonly drops?: DropTallyJson;
}

/** A monitor in the body of `/api/v1/monitors/NAMESPACE/NAME`. */
export interface MonitorJson extends Omit<ServedMonitor, "jobs"> {
  readonly jobs: readonly MonitorJobJson[];
}

/** Counts the rules that drop the targets that were explained. */
export function toDropTally({ targets }: ExplanationJson): DropTallyJson {
  const last = targets.flatMap(({ outcome, steps }) => (outcome.reason === "DroppedByRule" ? steps.slice(-1) : []));
  const byRule = Map.groupBy(last, ({ rule }) => rule);
  const rules = [...byRule].flatMap(([rule, steps]) =>
    steps.slice(0, 1).map(({ config }) => ({ rule, config, targets: steps.length })),
  );
  return { lookedAt: targets.length, rules: rules.toSorted((a, b) => a.rule - b.rule) };
}
