import { createHash } from "node:crypto";

import { RE2JS } from "re2js";

import type { NameScheme } from "../../src/allocator/relabel/label-name.ts";
import type { RelabelAction, RelabelConfig } from "../../src/allocator/relabel/relabel-config.ts";

/** Labels in builder order: first those that no rule wrote, by name, then the written ones. */
export type NaiveLabels = readonly { readonly name: string; readonly value: string; readonly written: boolean }[];

/**
 * Prometheus' relabelling once more, as slow and plain as can be: one list of labels, re2js for every pattern, nothing
 * remembered, nothing shared with the program under test. Undefined: dropped.
 */
export function naiveRelabel(
  labels: NaiveLabels,
  rules: readonly RelabelConfig[],
  scheme: NameScheme,
): NaiveLabels | undefined {
  let current: NaiveLabels | undefined = labels.filter(({ value }) => value !== "");
  for (const rule of rules) {
    if (current === undefined) return undefined;
    current = applyRule(current, rule, scheme);
  }
  return current;
}

/** What every action gets: the labels, the rule, and what both together say. */
interface Subject {
  readonly labels: NaiveLabels;
  readonly rule: RelabelConfig;
  readonly scheme: NameScheme;
  readonly value: string;
  readonly regexp: RE2JS;
  readonly matches: (text: string) => boolean;
}

function applyRule(labels: NaiveLabels, rule: RelabelConfig, scheme: NameScheme): NaiveLabels | undefined {
  const value = rule.sourceLabels.map((name) => get(labels, name)).join(rule.separator);
  const regexp = RE2JS.compile(`^(?s:${rule.regex})$`);
  const matches = (text: string): boolean => regexp.matcher(text).find();
  return ACTIONS[rule.action]({ labels, rule, scheme, value, regexp, matches });
}

const ACTIONS: Readonly<Record<RelabelAction, (subject: Subject) => NaiveLabels | undefined>> = {
  replace: ({ labels, rule, scheme, value, regexp }) => {
    const target = expand(rule.targetLabel, regexp, value);
    if (target === undefined || !isName(target, scheme)) return labels;
    return set(labels, target, expand(rule.replacement, regexp, value) ?? "");
  },
  keep: ({ labels, value, matches }) => (matches(value) ? labels : undefined),
  drop: ({ labels, value, matches }) => (matches(value) ? undefined : labels),
  keepequal: ({ labels, rule, value }) => (get(labels, rule.targetLabel) === value ? labels : undefined),
  dropequal: ({ labels, rule, value }) => (get(labels, rule.targetLabel) === value ? undefined : labels),
  hashmod: ({ labels, rule, value }) => {
    const hex = createHash("md5").update(value).digest("hex").slice(16);
    return set(labels, rule.targetLabel, String(BigInt(`0x${hex}`) % rule.modulus));
  },
  labelmap: ({ labels, rule, regexp, matches }) =>
    labels
      .filter(({ name }) => matches(name))
      .reduce((all, { name, value }) => set(all, expand(rule.replacement, regexp, name) ?? "", value), labels),
  labeldrop: ({ labels, matches }) => labels.filter(({ name }) => !matches(name)),
  labelkeep: ({ labels, matches }) => labels.filter(({ name }) => matches(name)),
  lowercase: ({ labels, rule, value }) => set(labels, rule.targetLabel, value.toLowerCase()),
  uppercase: ({ labels, rule, value }) => set(labels, rule.targetLabel, value.toUpperCase()),
};

function get(labels: NaiveLabels, name: string): string {
  return labels.find((each) => each.name === name)?.value ?? "";
}

function set(labels: NaiveLabels, name: string, value: string): NaiveLabels {
  if (value === "") return labels.filter((each) => each.name !== name);
  const label = { name, value, written: true };
  const overwritten = labels.some((each) => each.name === name && each.written);
  if (overwritten) return labels.map((each) => (each.name === name ? label : each));
  return [...labels.filter((each) => each.name !== name), label];
}

function isName(text: string, scheme: NameScheme): boolean {
  return scheme === "legacy" ? /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(text) : text !== "";
}

/** Go's Expand for the references that the tests use: `$$`, `$1`, `${1}`, `${name}`. */
function expand(template: string, regexp: RE2JS, text: string): string | undefined {
  const matcher = regexp.matcher(text);
  if (!matcher.find()) return undefined;
  return template.replaceAll(/\$(?:\$|\{(\w+)\}|(\w+))/g, (_all, braced?: string, bare?: string) => {
    const name = braced ?? bare;
    if (name === undefined) return "$";
    if (!/^\d+$/.test(name)) return "";
    return Number(name) <= matcher.groupCount() ? (matcher.group(Number(name)) ?? "") : "";
  });
}
