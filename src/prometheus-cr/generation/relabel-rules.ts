import { type DataObject, parseScrapeConfigs } from "../../allocator/index.ts";
import { given, unlessEmpty } from "../given.ts";
import type { RelabelRulesSpec } from "../resources.ts";
import type { ShapeReport } from "../shape.ts";
import { camelCase } from "./camel-case.ts";

type RuleSpec = RelabelRulesSpec[number];

const COMPARING: ReadonlySet<string> = new Set(["keepequal", "dropequal"]);
const MATCH_ALL = "(.*)";

/** The key `metric_relabel_configs`: the rules of the scrape class, then those of the monitor; absent without any. */
export function metricRelabelKey(
  ofClass: RelabelRulesSpec | undefined,
  own: RelabelRulesSpec | undefined,
  field: ShapeReport,
): DataObject {
  const rules = [...knownRules(ofClass), ...relabelRules(own, field.below("metricRelabelings"))];
  return rules.length === 0 ? {} : { metric_relabel_configs: rules };
}

/** Rules that were checked before, such as those of a scrape class. */
export function knownRules(rules: RelabelRulesSpec = []): readonly DataObject[] {
  return rules.map((rule) => ruleOf(rule));
}

/** Rules of an author as entries of `relabel_configs`; reports those that Prometheus would refuse. */
export function relabelRules(rules: RelabelRulesSpec | undefined, field: ShapeReport): readonly DataObject[] {
  const documents = knownRules(rules);
  const { rejected } = parseScrapeConfigs({ scrape_configs: [{ job_name: "rules", relabel_configs: documents }] });
  for (const problem of rejected.flatMap(({ problems }) => problems)) reportAt(field, problem);
  return documents;
}

function ruleOf({
  sourceLabels = [],
  separator,
  targetLabel,
  regex,
  modulus,
  replacement,
  action,
}: RuleSpec): DataObject {
  const verb = unlessEmpty(action)?.toLowerCase();
  // Prometheus refuses any regex that is written with these actions, even the one that is meant without it.
  const spelledOut = COMPARING.has(verb ?? "") && regex === MATCH_ALL;
  return given({
    source_labels: sourceLabels.length === 0 ? undefined : sourceLabels,
    separator,
    target_label: unlessEmpty(targetLabel),
    regex: spelledOut ? undefined : unlessEmpty(regex),
    modulus: modulus === 0 ? undefined : modulus,
    replacement,
    action: verb,
  });
}

/** Problems come with the path in a Prometheus configuration, which no author of a monitor has ever seen. */
function reportAt(field: ShapeReport, problem: string): void {
  const {
    index = "",
    key,
    text = problem,
  } = /^scrape_configs\[0\]\.relabel_configs(?<index>\[\d+\])(?:\.(?<key>\w+))?: (?<text>.*)$/s.exec(problem)?.groups ??
  {};
  const rule = field.below(index);
  const at = key === undefined ? rule : rule.below(camelCase(key));
  at.report(text);
}
