/** metav1.LabelSelector; all requirements must hold, and the empty one selects everything. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly LabelRequirement[];
}

interface LabelRequirement {
  readonly key: string;
  /** In, NotIn, Exists or DoesNotExist. */
  readonly operator: string;
  readonly values?: readonly string[];
}

/** The selector as list and watch requests take it, such as `app=web,tier in (back,front),!canary`. */
export function toSelectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.keys(matchLabels)
    .toSorted()
    .map((key) => `${key}=${matchLabels[key] ?? ""}`);
  return [...labels, ...matchExpressions.map(toRequirementText)].join(",");
}

function toRequirementText({ key, operator, values = [] }: LabelRequirement): string {
  const list = `(${values.toSorted().join(",")})`;
  switch (operator) {
    case "In":
      return `${key} in ${list}`;
    case "NotIn":
      return `${key} notin ${list}`;
    case "Exists":
      return key;
    case "DoesNotExist":
      return `!${key}`;
    default:
      throw new Error(`label selector: operator "${operator}" of ${key} is none of In, NotIn, Exists, DoesNotExist`);
  }
}
