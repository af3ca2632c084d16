import { isLabelName, isLabelNameTemplate, type NameScheme } from "./label-name.ts";
import { compileRegexp } from "./regexp/regexp.ts";
import { RegexpError } from "./regexp/ast.ts";
import type { RelabelAction, RelabelConfig } from "./relabel-config.ts";

/** Something a rule must not be. */
export interface RuleProblem {
  /** The key of the rule, as in the file. */
  readonly key: string;
  /** What was read and what must hold, as the rest of a sentence. */
  readonly problem: string;
}

/** A rule with what only its text tells. */
export interface WrittenRule extends RelabelConfig {
  /** Whether the rule has the key, even with an empty list. */
  readonly sourceLabelsGiven: boolean;
}

/** What one requirement looks at. */
interface Subject {
  readonly rule: WrittenRule;
  readonly scheme: NameScheme;
}

interface Requirement {
  readonly actions: readonly RelabelAction[];
  readonly key: string;
  /** What is wrong, or undefined when the requirement is met. */
  readonly problem: (subject: Subject) => string | undefined;
}

const DEFAULT_SEPARATOR = ";";
const DEFAULT_REPLACEMENT = "$1";
const COMPARING: readonly RelabelAction[] = ["keepequal", "dropequal"];
const MAPPING: readonly RelabelAction[] = ["lowercase", "uppercase"];
const BY_NAME: readonly RelabelAction[] = ["labeldrop", "labelkeep"];

/** Prometheus' requirements. https://github.com/prometheus/prometheus/blob/main/model/relabel/relabel.go */
const REQUIREMENTS: readonly Requirement[] = [
  {
    actions: ["hashmod"],
    key: "modulus",
    problem: ({ rule }) => (rule.modulus === 0n ? "is 0, but must be at least 1" : undefined),
  },
  {
    actions: ["replace", "hashmod", ...MAPPING, ...COMPARING],
    key: "target_label",
    problem: ({ rule }) => (rule.targetLabel === "" ? "is missing" : undefined),
  },
  { actions: ["replace"], key: "target_label", problem: replaceTargetProblem },
  {
    actions: ["hashmod", ...MAPPING, ...COMPARING],
    key: "target_label",
    problem: ({ rule: { targetLabel }, scheme }) =>
      targetLabel === "" || isLabelName(targetLabel, scheme) ? undefined : notAName(targetLabel, scheme),
  },
  {
    actions: ["labelmap"],
    key: "replacement",
    problem: ({ rule, scheme }) =>
      isLabelNameTemplate(rule.replacement, scheme) ? undefined : notAName(rule.replacement, scheme),
  },
  {
    actions: [...MAPPING, ...COMPARING, ...BY_NAME],
    key: "replacement",
    problem: ({ rule }) => (rule.replacement === DEFAULT_REPLACEMENT ? undefined : unused(rule.replacement)),
  },
  {
    actions: COMPARING,
    key: "regex",
    problem: ({ rule }) => (rule.defaultRegex ? undefined : unused(rule.regex)),
  },
  {
    actions: [...COMPARING, ...BY_NAME],
    key: "modulus",
    problem: ({ rule }) => (rule.modulus === 0n ? undefined : unused(String(rule.modulus))),
  },
  {
    actions: [...COMPARING, ...BY_NAME],
    key: "separator",
    problem: ({ rule }) => (rule.separator === DEFAULT_SEPARATOR ? undefined : unused(rule.separator)),
  },
  {
    actions: BY_NAME,
    key: "source_labels",
    problem: ({ rule }) => (rule.sourceLabelsGiven ? unused(rule.sourceLabels.join(", ")) : undefined),
  },
  {
    actions: BY_NAME,
    key: "target_label",
    problem: ({ rule }) => (rule.targetLabel === "" ? undefined : unused(rule.targetLabel)),
  },
];

/** All problems of a rule; none means that it can be compiled. */
export function relabelRuleProblems(rule: WrittenRule, scheme: NameScheme): readonly RuleProblem[] {
  const problems: RuleProblem[] = [];
  for (const { actions, key, problem } of REQUIREMENTS) {
    const found = actions.includes(rule.action) ? problem({ rule, scheme }) : undefined;
    if (found !== undefined) problems.push({ key, problem: `${found} (action ${rule.action})` });
  }
  const regexp = regexpProblem(rule.regex);
  return regexp === undefined ? problems : [...problems, { key: "regex", problem: regexp }];
}

function replaceTargetProblem({ rule: { targetLabel }, scheme }: Subject): string | undefined {
  if (targetLabel === "") return undefined;
  const valid = targetLabel.includes("$") ? isLabelNameTemplate(targetLabel, scheme) : isLabelName(targetLabel, scheme);
  return valid ? undefined : notAName(targetLabel, scheme);
}

function notAName(text: string, scheme: NameScheme): string {
  return `${JSON.stringify(text)} is not a label name by the ${scheme} name validation scheme`;
}

function unused(value: string): string {
  return `is ${JSON.stringify(value)}, but must not be set`;
}

function regexpProblem(pattern: string): string | undefined {
  try {
    compileRegexp(pattern);
    return undefined;
  } catch (error) {
    if (!(error instanceof RegexpError)) throw error;
    // Patterns are compiled with an end of their own, which is none of the user's.
    const why = error.message.replace(/\)\$"$/, '"');
    const hint = LOOK_AROUND.test(pattern) ? "; it has neither look-ahead nor look-behind" : "";
    return `${JSON.stringify(pattern)} is not RE2 syntax: ${why}${hint}`;
  }
}

/** What people write who know another engine. */
const LOOK_AROUND = /\(\?<?[=!]/;
