import type { NameScheme } from "../relabel/label-name.ts";
import type { RelabelAction, RelabelConfig } from "../relabel/relabel-config.ts";
import { relabelRuleProblems, type WrittenRule } from "../relabel/validate-rule.ts";
import type { DataObject } from "./scrape-config.ts";
import { fieldsOf, strictListOf, type Report, type Schema } from "./setting-schema.ts";
import { listSetting, textSetting, textsSetting } from "./setting-values.ts";

/** What a rule can do, as it is written in lower case. */
export const ACTIONS: readonly string[] = [
  "replace",
  "keep",
  "drop",
  "keepequal",
  "dropequal",
  "hashmod",
  "labelmap",
  "labeldrop",
  "labelkeep",
  "lowercase",
  "uppercase",
] satisfies RelabelAction[];

const DEFAULT_REGEX = "(.*)";

/**
 * A relabelling rule. Prometheus leaves an empty separator, replacement and regex out when it writes a rule, and the
 * reader then takes the default: another rule. Here they are always written.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config
 */
const RULE: Schema = {
  fields: fieldsOf(`
    source_labels?:strings separator!=; regex?~ modulus?:uint target_label? replacement!=$1 action!=replace`),
  check: checkRule,
};

/** The type of relabel_configs and metric_relabel_configs. */
export const RELABEL_RULES = strictListOf(RULE);

function checkRule(rule: DataObject, report: Report): DataObject {
  const written = textSetting(rule, "action");
  const action = written.toLowerCase();
  if (!ACTIONS.includes(action)) {
    report("action", `${JSON.stringify(written)} is no action; there are ${ACTIONS.join(", ")}`);
  }
  if (listSetting(rule, "source_labels").includes("")) report("source_labels", "has an empty label name");
  return { ...rule, action };
}

/** The rules of a decoded list, validated for a job's scheme. Only rules without problems come back. */
export function relabelConfigsOf(
  rules: readonly DataObject[],
  scheme: NameScheme,
  report: Report,
): readonly RelabelConfig[] {
  const valid: RelabelConfig[] = [];
  for (const [index, settings] of rules.entries()) {
    const { sourceLabelsGiven, ...rule } = writtenRule(settings);
    const problems = relabelRuleProblems({ ...rule, sourceLabelsGiven }, scheme);
    for (const { key, problem } of problems) report(`[${String(index)}].${key}`, problem);
    if (problems.length === 0) valid.push(rule);
  }
  return valid;
}

function writtenRule(settings: DataObject): WrittenRule {
  const defaultRegex = settings["regex"] === undefined;
  return {
    sourceLabels: textsSetting(settings, "source_labels"),
    sourceLabelsGiven: settings["source_labels"] !== undefined,
    separator: textSetting(settings, "separator"),
    regex: defaultRegex ? DEFAULT_REGEX : textSetting(settings, "regex"),
    defaultRegex,
    modulus: BigInt(settings["modulus"] as number | bigint),
    targetLabel: textSetting(settings, "target_label"),
    replacement: textSetting(settings, "replacement"),
    action: textSetting(settings, "action") as RelabelAction,
  };
}
