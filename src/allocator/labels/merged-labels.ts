import { compareBytewise } from "./bytewise.ts";
import { internLayout, type LabelLayout } from "./label-layout.ts";
import { getLabel, type Labels } from "./labels.ts";

/** How the labels of a group and of one of its targets become one set. Shared by all pairs with the same layouts. */
export interface MergePlan {
  readonly layout: LabelLayout;
  /**
   * Where each value comes from: position `n` of the target's values, or `~n` (negative) of the group's. The target's
   * own label wins over the group's label of the same name.
   */
  readonly sources: readonly number[];
}

/** Plans by group layout and target layout. They go with the layouts. */
const plans = new WeakMap<LabelLayout, WeakMap<LabelLayout, MergePlan>>();

/** The plan of a pair of layouts, made when the pair is first seen. */
export function mergePlan(group: LabelLayout, own: LabelLayout): MergePlan {
  let ofGroup = plans.get(group);
  if (ofGroup === undefined) {
    ofGroup = new WeakMap();
    plans.set(group, ofGroup);
  }
  let plan = ofGroup.get(own);
  if (plan === undefined) {
    plan = planMerge(group.names, own.names);
    ofGroup.set(own, plan);
  }
  return plan;
}

/** Merges two sorted lists of names. */
function planMerge(group: readonly string[], own: readonly string[]): MergePlan {
  const names: string[] = [];
  const sources: number[] = [];
  let g = 0;
  let o = 0;
  while (g < group.length || o < own.length) {
    const order = compareNames(group[g], own[o]);
    names.push((order < 0 ? group[g] : own[o]) ?? "");
    sources.push(order < 0 ? ~g : o);
    if (order <= 0) g++;
    if (order >= 0) o++;
  }
  return { layout: internLayout(names), sources };
}

/** As compareBytewise; the end of a list (undefined) comes after every name. */
function compareNames(a: string | undefined, b: string | undefined): number {
  if (a === undefined) return 1;
  return b === undefined ? -1 : compareBytewise(a, b);
}

/** The labels of a target as discovered: the group's and its own, of which its own win. */
export function mergedLabels(group: Labels, own: Labels): Labels {
  if (group.values.length === 0) return own;
  if (own.values.length === 0) return group;
  const { layout, sources } = mergePlan(group.layout, own.layout);
  const values = sources.map((from) => (from < 0 ? group.values[~from] : own.values[from]) ?? "");
  return { layout, values };
}

/** One label of the merged set, without merging; undefined when neither has the name. */
export function mergedLabel(group: Labels, own: Labels, name: string): string | undefined {
  return getLabel(own, name) ?? getLabel(group, name);
}

/** Reads one label of targets, as {@link mergedLabel} does; "" when there is none. */
export type LabelReader = (group: Labels, own: Labels) => string;

/** A reader that remembers where targets with the same names have the label: they nearly always come together. */
export function labelReader(name: string): LabelReader {
  let [groupLayout, ownLayout]: [LabelLayout | undefined, LabelLayout | undefined] = [undefined, undefined];
  let [inGroup, inOwn] = [-1, -1];
  return (group, own) => {
    if (group.layout !== groupLayout || own.layout !== ownLayout) {
      [groupLayout, ownLayout] = [group.layout, own.layout];
      [inGroup, inOwn] = [groupLayout.indexOf(name), ownLayout.indexOf(name)];
    }
    if (inOwn >= 0) return own.values[inOwn] ?? "";
    return inGroup < 0 ? "" : (group.values[inGroup] ?? "");
  };
}
