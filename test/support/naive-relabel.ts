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
  lowercase: ({ labels, rule, value }) =>
    set(
      labels,
      rule.targetLabel,
      mapCase(value.replaceAll("İ", "i"), (each) => each.toLowerCase()),
    ),
  uppercase: ({ labels, rule, value }) =>
    set(
      labels,
      rule.targetLabel,
      mapCase(value, (each) => each.toUpperCase()),
    ),
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

/** Go's Expand, character by character; undefined when the pattern does not match. */
function expand(template: string, regexp: RE2JS, text: string): string | undefined {
  const matcher = regexp.matcher(text);
  if (!matcher.find()) return undefined;
  const numbers = regexp.namedGroups() as Readonly<Record<string, number>>;
  const groupOf = (name: string): string => {
    const isNumber = /^(0|[1-9][0-9]{0,7})$/.test(name);
    const index = isNumber ? Number(name) : Object.hasOwn(numbers, name) ? (numbers[name] ?? -1) : -1;
    return index < 0 || index > matcher.groupCount() ? "" : (matcher.group(index) ?? "");
  };
  const characters = Array.from(template);
  let result = "";
  for (let at = 0; at < characters.length; at += 1) {
    const reference = characters[at] === "$" ? referenceAt(characters, at + 1) : undefined;
    result += reference === undefined ? (characters[at] ?? "") : reference.dollar ? "$" : groupOf(reference.name);
    at += reference?.length ?? 0;
  }
  return result;
}

interface Reference {
  /** `$$` */
  readonly dollar: boolean;
  readonly name: string;
  /** How many characters it takes behind the first dollar sign. */
  readonly length: number;
}

function referenceAt(characters: readonly string[], start: number): Reference | undefined {
  if (characters[start] === "$") return { dollar: true, name: "", length: 1 };
  const braced = characters[start] === "{";
  let end = braced ? start + 1 : start;
  let name = "";
  while (/^[\p{L}\p{Nd}_]$/u.test(characters[end] ?? "")) {
    name += characters[end] ?? "";
    end += 1;
  }
  if (name === "" || (braced && characters[end] !== "}")) return undefined;
  return { dollar: false, name, length: end - start + (braced ? 1 : 0) };
}

/** One code point for one: letters that have no single counterpart stay. */
function mapCase(text: string, map: (character: string) => string): string {
  return Array.from(text, (character) => {
    const mapped = map(character);
    return Array.from(mapped).length === 1 ? mapped : character;
  }).join("");
}
