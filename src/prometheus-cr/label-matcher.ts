/** metav1.LabelSelector, complete; the one without requirements selects everything. */
export interface LabelSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly LabelRequirement[];
}

interface LabelRequirement {
  readonly key: string;
  /** In, NotIn, Exists or DoesNotExist. */
  readonly operator: string;
  readonly values: readonly string[];
}

type Labels = Readonly<Record<string, string>>;

/** A selector that has been checked. */
export interface LabelMatcher {
  matches(labels: Labels): boolean;
  /** It has no requirements: labels need not be known. */
  readonly everything: boolean;
  /** In the syntax of kubectl -l; `everything` without requirements. */
  readonly text: string;
}

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
const NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const PREFIX = /^(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

/**
 * Compiles a selector. What an API server would refuse in it is reported, each problem a sentence that begins with the
 * place below the selector.
 */
export function compileMatcher(selector: LabelSelector, report: (problem: string) => void): LabelMatcher {
  const { matchLabels, matchExpressions } = selector;
  for (const [key, value] of Object.entries(matchLabels)) {
    checkKey(key, `matchLabels`, report);
    checkValue(value, `matchLabels.${key}`, report);
  }
  for (const [index, requirement] of matchExpressions.entries()) {
    checkRequirement(requirement, `matchExpressions[${String(index)}]`, report);
  }
  const equalities = Object.entries(matchLabels);
  const requirements = matchExpressions.map(toTest);
  return {
    matches: (labels) =>
      equalities.every(([key, value]) => labels[key] === value) && requirements.every((test) => test(labels)),
    everything: equalities.length === 0 && requirements.length === 0,
    text: toText(selector),
  };
}

function checkRequirement(
  { key, operator, values }: LabelRequirement,
  at: string,
  report: (problem: string) => void,
): void {
  checkKey(key, `${at}.key`, report);
  const takesValues = operator === "In" || operator === "NotIn";
  if (!takesValues && operator !== "Exists" && operator !== "DoesNotExist") {
    report(`${at}.operator: ${JSON.stringify(operator)} is none of In, NotIn, Exists, DoesNotExist`);
  } else if (takesValues !== values.length > 0) {
    report(`${at}.values: must ${takesValues ? "not be empty" : "be empty"} with ${operator}`);
  }
  for (const value of values) checkValue(value, `${at}.values`, report);
}

function checkKey(key: string, at: string, report: (problem: string) => void): void {
  const slash = key.indexOf("/");
  const valid = NAME.test(key.slice(slash + 1)) && (slash === -1 || PREFIX.test(key.slice(0, slash)));
  if (!valid) report(`${at}: ${JSON.stringify(key)} is no label name`);
}

function checkValue(value: string, at: string, report: (problem: string) => void): void {
  if (value !== "" && !NAME.test(value)) report(`${at}: ${JSON.stringify(value)} is no label value`);
}

function toTest({ key, operator, values }: LabelRequirement): (labels: Labels) => boolean {
  switch (operator) {
    case "In":
      return (labels) => labels[key] !== undefined && values.includes(labels[key]);
    case "NotIn":
      return (labels) => labels[key] === undefined || !values.includes(labels[key]);
    case "Exists":
      return (labels) => labels[key] !== undefined;
    default:
      return (labels) => labels[key] === undefined;
  }
}

function toText({ matchLabels, matchExpressions }: LabelSelector): string {
  const equalities = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  const requirements = matchExpressions.map(({ key, operator, values }) => {
    if (operator === "Exists") return key;
    if (operator === "DoesNotExist") return `!${key}`;
    return `${key} ${operator.toLowerCase()} (${values.join(",")})`;
  });
  return [...equalities, ...requirements].join(",") || "everything";
}
