import { setImmediate as nextTurn } from "node:timers/promises";

import { EMPTY_LABELS, labelsOf, LabelsBuilder, type TargetGroup } from "../allocator/index.ts";

/** Targets that are built between two turns of the event loop: a few milliseconds of work. */
const TARGETS_PER_TURN = 5_000;

/** One group as files and HTTP servers list it. */
export interface ListedGroup {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** Where in a list of groups something is wrong: keys and indices from the root. */
export type ListPath = readonly (string | number)[];

/** A list of target groups breaks its format. */
export class GroupListError extends Error {
  readonly code = "GROUP_LIST_INVALID";
  override readonly name = "GroupListError";
  readonly path: ListPath;

  /** @param problem - What is wrong there, to be read behind the place: `must be a text, not 1`. */
  constructor(path: ListPath, problem: string) {
    super(path.length === 0 ? problem : `${placeOf(path)} ${problem}`);
    this.path = path;
  }
}

/** What JSON and YAML say differently of a group. */
export interface GroupListFormat {
  /** Whether keys of a group match in any case, as Go's JSON decoder has it. */
  readonly anyCase: boolean;
}

/**
 * Checks a decoded list of target groups: `[{targets: ["host:port"], labels: {name: value}}]`. Unknown keys are
 * mistakes, null stands for an empty text, list or map, and a null group is a mistake. Null is the empty list.
 *
 * Throws GroupListError for the first mistake.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#file_sd_config
 */
export function toListedGroups(value: unknown, format: GroupListFormat): readonly ListedGroup[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) {
    throw new GroupListError([], `must be a list of target groups, not ${nameOf(value)}`);
  }
  return value.map((group: unknown, index) => toListedGroup(group, index, format));
}

function toListedGroup(value: unknown, index: number, { anyCase }: GroupListFormat): ListedGroup {
  if (!isMapping(value)) {
    throw new GroupListError([index], `must be a group with targets and labels, not ${nameOf(value)}`);
  }
  let targets: readonly string[] = [];
  let labels: Readonly<Record<string, string>> = {};
  for (const [key, part] of Object.entries(value)) {
    const known = anyCase ? key.toLowerCase() : key;
    if (known === "targets") targets = toTargets(part, [index, key]);
    else if (known === "labels") labels = toLabels(part, [index, key]);
    else throw new GroupListError([index, key], "is no key of a group; there are targets and labels");
  }
  return { targets, labels };
}

function toTargets(value: unknown, path: ListPath): readonly string[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw new GroupListError(path, `must be a list of addresses, not ${nameOf(value)}`);
  return value.map((address: unknown, index) => toText(address, [...path, index]));
}

function toLabels(value: unknown, path: ListPath): Readonly<Record<string, string>> {
  if (value === null) return {};
  if (!isMapping(value)) throw new GroupListError(path, `must map label names to values, not ${nameOf(value)}`);
  const entries = Object.entries(value).map(([name, text]): [string, string] => {
    if (name === "") throw new GroupListError(path, "has an empty label name");
    return [name, toText(text, [...path, name])];
  });
  return Object.fromEntries(entries);
}

function toText(value: unknown, path: ListPath): string {
  if (value === null) return "";
  if (typeof value === "string") return value.toWellFormed();
  throw new GroupListError(path, `must be a text, not ${nameOf(value)}`);
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a decoded value is, for people: `a list`, `1`. */
export function nameOf(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  return JSON.stringify(value) ?? typeof value;
}

/** As people write it: `[2].labels.team`. */
function placeOf(path: ListPath): string {
  const parts = path.map((part) => (typeof part === "number" ? `[${String(part)}]` : `.${part}`));
  return parts.join("").replace(/^\./, "");
}

/**
 * Reads a JSON list of target groups.
 *
 * Throws SyntaxError or {@link GroupListError}, with what is wrong and where.
 */
export function parseJsonGroups(text: string): readonly ListedGroup[] {
  return toListedGroups(JSON.parse(text) as unknown, { anyCase: true });
}

/** What the groups of one list have in common. */
export interface GroupListOrigin {
  /** Group i has the source `<source>:i`. */
  readonly source: string;
  /** Set on every group; wins over a label of the group. */
  readonly label: readonly [name: string, value: string];
}

/**
 * Makes target groups of a list, and empties those of an earlier, longer list that are not in it any more. Lets others
 * work in between.
 *
 * @param previousLength - How many groups the list had before.
 */
export async function toTargetGroups(
  listed: readonly ListedGroup[],
  { source, label }: GroupListOrigin,
  previousLength: number,
): Promise<readonly TargetGroup[]> {
  const groups: TargetGroup[] = [];
  let built = 0;
  for (const [index, { targets, labels }] of listed.entries()) {
    const targetLabels = [];
    for (const address of targets) {
      targetLabels.push(new LabelsBuilder().set("__address__", address).build());
      built += 1;
      if (built % TARGETS_PER_TURN === 0) await nextTurn();
    }
    groups.push({
      source: `${source}:${String(index)}`,
      labels: labelsOf([...Object.entries(labels), label]),
      targets: targetLabels,
    });
  }
  return [...groups, ...emptyGroups(source, listed.length, previousLength)];
}

/** Groups `from` up to, but not including, `to` of a list, without targets: they are gone. */
export function emptyGroups(source: string, from: number, to: number): readonly TargetGroup[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, offset) => ({
    source: `${source}:${String(from + offset)}`,
    labels: EMPTY_LABELS,
    targets: [],
  }));
}
