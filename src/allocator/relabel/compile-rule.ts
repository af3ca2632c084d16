import { hash } from "node:crypto";

import { toSimpleLowerCase, toSimpleUpperCase } from "./case-mapping.ts";
import { isLabelName, type NameScheme } from "./label-name.ts";
import type { LabelState } from "./label-state.ts";
import { compileRegexp, type Regexp } from "./regexp/regexp.ts";
import type { RelabelAction, RelabelConfig } from "./relabel-config.ts";
import { sourceValueOf } from "./source-value.ts";
import { compileTemplate } from "./template.ts";

/** Applies one rule. False: the target is dropped. */
export type RuleStep = (state: LabelState) => boolean;

type Compile = (rule: RelabelConfig, scheme: NameScheme) => RuleStep;

const COMPILERS: Readonly<Record<RelabelAction, Compile>> = {
  replace: compileReplace,
  keep: (rule) => compileFilter(rule, true),
  drop: (rule) => compileFilter(rule, false),
  keepequal: (rule) => compileEqual(rule, true),
  dropequal: (rule) => compileEqual(rule, false),
  hashmod: compileHashmod,
  labelmap: compileLabelmap,
  labeldrop: (rule) => compileNameFilter(rule, true),
  labelkeep: (rule) => compileNameFilter(rule, false),
  lowercase: (rule) => compileMapping(rule, toSimpleLowerCase),
  uppercase: (rule) => compileMapping(rule, toSimpleUpperCase),
};

/**
 * One rule as a function, with Prometheus' semantics.
 * https://github.com/prometheus/prometheus/blob/main/model/relabel/relabel.go
 */
export function compileRule(rule: RelabelConfig, scheme: NameScheme): RuleStep {
  return COMPILERS[rule.action](rule, scheme);
}

function compileReplace(rule: RelabelConfig, scheme: NameScheme): RuleStep {
  const { targetLabel, replacement } = rule;
  // A rule that only sets a label: what it reads does not matter, and its texts are taken as they are.
  if (rule.defaultRegex && !`${targetLabel}${replacement}`.includes("$")) {
    return (state) => {
      state.set(targetLabel, replacement);
      return true;
    };
  }
  const read = sourceValueOf(rule);
  const regexp = compileRegexp(rule.regex);
  const target = compileTemplate(targetLabel, regexp.groupNames);
  const value = compileTemplate(replacement, regexp.groupNames);
  const fixedName = target.literal !== undefined && isLabelName(target.literal, scheme) ? target.literal : undefined;
  return (state) => {
    const match = regexp.match(read(state));
    if (match === undefined) return true;
    const name = fixedName ?? target.expand(match);
    if (fixedName !== undefined || isLabelName(name, scheme)) state.set(name, value.expand(match));
    return true;
  };
}

function compileFilter(rule: RelabelConfig, keepsMatch: boolean): RuleStep {
  const read = sourceValueOf(rule);
  const regexp = compileRegexp(rule.regex);
  return (state) => regexp.matches(read(state)) === keepsMatch;
}

function compileEqual(rule: RelabelConfig, keepsEqual: boolean): RuleStep {
  const read = sourceValueOf(rule);
  return (state) => (state.get(rule.targetLabel) === read(state)) === keepsEqual;
}

function compileHashmod(rule: RelabelConfig): RuleStep {
  const read = sourceValueOf(rule);
  return (state) => {
    // Go's MD5 sum, of which Prometheus takes the last eight bytes.
    const digest = hash("md5", read(state), "buffer").readBigUInt64BE(8);
    state.set(rule.targetLabel, String(digest % rule.modulus));
    return true;
  };
}

function compileMapping(rule: RelabelConfig, map: (value: string) => string): RuleStep {
  const read = sourceValueOf(rule);
  return (state) => {
    state.set(rule.targetLabel, map(read(state)));
    return true;
  };
}

function compileLabelmap(rule: RelabelConfig): RuleStep {
  const regexp = compileRegexp(rule.regex);
  const replacement = compileTemplate(rule.replacement, regexp.groupNames);
  const newName = rememberedByName((name) =>
    regexp.matches(name) ? regexp.replaceAll(name, (match) => replacement.expand(match)) : undefined,
  );
  return (state) => {
    // Values are read before any is written: a label that a pair overwrites still gives its old value to its own pair.
    const pairs = state.names().map((name) => [newName(name), name] as const);
    const values = pairs.map(([target, name]) => (target === undefined ? "" : state.get(name)));
    for (const [index, [target]] of pairs.entries()) if (target !== undefined) state.set(target, values[index] ?? "");
    return true;
  };
}

function compileNameFilter(rule: RelabelConfig, dropsMatch: boolean): RuleStep {
  const regexp: Regexp = compileRegexp(rule.regex);
  const matches = rememberedByName((name) => regexp.matches(name));
  return (state) => {
    for (const name of state.names()) if (matches(name) === dropsMatch) state.set(name, "");
    return true;
  };
}

/** Far more names than the labels of one job have. */
const MAX_REMEMBERED_NAMES = 4096;

/** Label names are few and come again with every target, so each is looked at once. */
function rememberedByName<T>(answer: (name: string) => T): (name: string) => T {
  const memory = new Map<string, { readonly value: T }>();
  return (name) => {
    const known = memory.get(name);
    if (known !== undefined) return known.value;
    if (memory.size >= MAX_REMEMBERED_NAMES) memory.clear();
    const value = answer(name);
    memory.set(name, { value });
    return value;
  };
}
