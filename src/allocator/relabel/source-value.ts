import type { LabelState } from "./label-state.ts";
import type { RelabelConfig } from "./relabel-config.ts";

/** Reads what a rule looks at: the values of its source labels, `""` for absent ones, joined by the separator. */
export function sourceValueOf({
  sourceLabels,
  separator,
}: Pick<RelabelConfig, "sourceLabels" | "separator">): (state: LabelState) => string {
  const [first, ...others] = sourceLabels;
  if (first === undefined) return () => "";
  if (others.length === 0) return (state) => state.get(first);
  return (state) => {
    let value = state.get(first);
    for (const name of others) value += separator + state.get(name);
    return value;
  };
}
