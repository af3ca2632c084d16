import type { LabelSelector as WrittenSelector } from "../../api/opentelemetry/v1beta1.ts";
import type { LabelSelector } from "../../prometheus-cr/label-matcher.ts";

/** A selector as an object has it, with what is absent filled in. Absent itself, it selects everything. */
export function toFullSelector({ matchLabels = {}, matchExpressions = [] }: WrittenSelector = {}): LabelSelector {
  return {
    matchLabels,
    matchExpressions: matchExpressions.map(({ key, operator, values = [] }) => ({ key, operator, values })),
  };
}
