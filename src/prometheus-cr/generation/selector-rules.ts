import { compareBytewise, type DataObject } from "../../allocator/index.ts";
import { compileMatcher } from "../label-matcher.ts";
import type { MonitorField } from "../monitor-field.ts";
import type { SelectorSpec } from "../resources.ts";
import { sanitized } from "./label-names.ts";
import { sortedByKey } from "./sorted-by-key.ts";

type Requirement = NonNullable<SelectorSpec["matchExpressions"]>[number];

/**
 * Rules that keep the targets whose object matches a selector.
 *
 * @param object What the labels are of, as in the names of discovery: `service`, `pod` or `ingress`.
 */
export function selectorRules({ matchLabels = {}, matchExpressions = [] }: SelectorSpec, object: string): DataObject[] {
  const labels = (key: string): readonly string[] => {
    const name = sanitized(key);
    return [`__meta_kubernetes_${object}_label_${name}`, `__meta_kubernetes_${object}_labelpresent_${name}`];
  };
  const exact = sortedByKey(matchLabels).map(([key, value]) => ({
    action: "keep",
    source_labels: labels(key),
    regex: `(${value});true`,
  }));
  return [...exact, ...matchExpressions.flatMap((each) => expressionRule(each, labels(each.key ?? "")))];
}

function expressionRule({ operator, values = [] }: Requirement, labels: readonly string[]): readonly DataObject[] {
  const oneOf = `(${values.join("|")});true`;
  const present = labels.slice(1);
  const rules: Readonly<Record<string, DataObject>> = {
    In: { action: "keep", source_labels: labels, regex: oneOf },
    NotIn: { action: "drop", source_labels: labels, regex: oneOf },
    Exists: { action: "keep", source_labels: present, regex: "true" },
    DoesNotExist: { action: "drop", source_labels: present, regex: "true" },
  };
  const rule = rules[operator ?? ""];
  return rule === undefined ? [] : [rule];
}

/** The selector as list and watch requests take it, requirements sorted by key; `""` selects everything. */
export function selectorText({ matchLabels = {}, matchExpressions = [] }: SelectorSpec): string {
  const requirements = [
    ...sortedByKey(matchLabels).map(([key, value]) => ({ key, text: `${key}=${value}` })),
    ...matchExpressions.map((each) => ({ key: each.key ?? "", text: expressionText(each) })),
  ];
  return requirements
    .toSorted((a, b) => compareBytewise(a.key, b.key))
    .map(({ text }) => text)
    .join(",");
}

function expressionText({ key = "", operator = "", values = [] }: Requirement): string {
  if (operator === "Exists") return key;
  if (operator === "DoesNotExist") return `!${key}`;
  return `${key} ${operator.toLowerCase()} (${values.toSorted(compareBytewise).join(",")})`;
}

/** Reports what the API server would refuse in a selector. */
export function checkSelector({ matchLabels = {}, matchExpressions = [] }: SelectorSpec, field: MonitorField): void {
  const complete = matchExpressions.map(({ key = "", operator = "", values = [] }) => ({ key, operator, values }));
  compileMatcher({ matchLabels, matchExpressions: complete }, (problem) => field.reportBelow(problem));
}
