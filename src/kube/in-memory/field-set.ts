import { isDeepStrictEqual } from "node:util";
import { KEY_DEFAULTS, type ListType, listTypeOf } from "./list-types.ts";

/**
 * The fields of an object, flat: each path with its value. A path names fields, elements of keyed lists and members of
 * sets; scalars, atomic lists and empty objects are its ends. The element of a keyed list has a path of its own too.
 */
export type FieldSet = ReadonlyMap<string, unknown>;

/** Between the steps of a path; in no field name. */
const STEP = "\u0000";

type Fields = Readonly<Record<string, unknown>>;

/** Where a walk stands: in the object (path) and in the kind's schema (pattern). */
interface Place {
  readonly kind: string;
  readonly path: string;
  readonly pattern: string;
}

const rootOf = (kind: string): Place => ({ kind, path: "", pattern: "" });

function fieldOf({ kind, path, pattern }: Place, name: string): Place {
  return { kind, path: `${path}${STEP}.${name}`, pattern: pattern === "" ? name : `${pattern}.${name}` };
}

function elementOf({ kind, path, pattern }: Place, key: string): Place {
  return { kind, path: `${path}${STEP}${key}`, pattern: `${pattern}[]` };
}

/** The fields that an object gives. */
export function fieldsOf(kind: string, object: unknown): FieldSet {
  const fields = new Map<string, unknown>();
  collect(object, rootOf(kind), fields);
  return fields;
}

function collect(value: unknown, place: Place, fields: Map<string, unknown>): void {
  if (Array.isArray(value)) collectList(value, place, fields);
  else if (!isFields(value)) fields.set(place.path, value);
  else if (Object.keys(value).length === 0) fields.set(place.path, value);
  else for (const [name, child] of Object.entries(value)) collect(child, fieldOf(place, name), fields);
}

function collectList(list: readonly unknown[], place: Place, fields: Map<string, unknown>): void {
  const type = listTypeOf(place.kind, place.pattern);
  if (type === "atomic") {
    fields.set(place.path, list);
    return;
  }
  for (const element of list) {
    const inner = elementOf(place, elementKey(element, type));
    fields.set(inner.path, type === "set" ? element : true);
    if (type !== "set") collect(element, inner, fields);
  }
}

/** Whether the set has fields at or below the path. */
export function coversPath(fields: Iterable<string>, path: string): boolean {
  const below = path + STEP;
  for (const candidate of fields) {
    if (candidate === path || candidate.startsWith(below)) return true;
  }
  return false;
}

/** Paths whose value is new or another one in `after`. */
export function changedPaths(before: FieldSet, after: FieldSet): ReadonlySet<string> {
  const changed = new Set<string>();
  for (const [path, value] of after) {
    if (!before.has(path) || !isDeepStrictEqual(before.get(path), value)) changed.add(path);
  }
  return changed;
}

/** The live object with the applied fields in it: objects field by field, keyed lists element by element. */
export function mergeFields(kind: string, live: unknown, applied: unknown): unknown {
  return merge(live, applied, rootOf(kind));
}

function merge(live: unknown, applied: unknown, place: Place): unknown {
  if (applied === undefined) return live;
  if (Array.isArray(applied)) {
    const type = listTypeOf(place.kind, place.pattern);
    return type !== "atomic" && Array.isArray(live) ? mergeLists(live, applied, place, type) : applied;
  }
  if (!isFields(applied) || !isFields(live)) return applied;
  const merged: Record<string, unknown> = { ...live };
  for (const [name, value] of Object.entries(applied)) merged[name] = merge(live[name], value, fieldOf(place, name));
  return merged;
}

/** The applied elements in their order; others keep their place before the next one that both have. */
function mergeLists(
  live: readonly unknown[],
  applied: readonly unknown[],
  place: Place,
  type: Exclude<ListType, "atomic">,
): readonly unknown[] {
  const appliedKeys = new Set(applied.map((element) => elementKey(element, type)));
  const liveByKey = new Map(live.map((element) => [elementKey(element, type), element]));
  const rest = [...live];
  const merged: unknown[] = [];
  for (const element of applied) {
    while (rest.length > 0 && !appliedKeys.has(elementKey(rest[0], type))) merged.push(rest.shift());
    rest.shift();
    const key = elementKey(element, type);
    merged.push(type === "set" ? element : merge(liveByKey.get(key), element, elementOf(place, key)));
  }
  merged.push(...rest.filter((element) => !appliedKeys.has(elementKey(element, type))));
  return merged;
}

/** What to remove of an object. */
export interface Removal {
  readonly paths: ReadonlySet<string>;
  /** Fields that stay even when nothing is left in them; others go with the last of what they held. */
  readonly given: FieldSet;
}

/** The object without these fields. */
export function removeFields(kind: string, object: unknown, removal: Removal): unknown {
  return removal.paths.size === 0 ? object : remove(object, rootOf(kind), removal);
}

function remove(value: unknown, place: Place, removal: Removal): unknown {
  if (removal.paths.has(place.path)) return undefined;
  if (Array.isArray(value)) return removeFromList(value, place, removal);
  if (!isFields(value)) return value;
  const kept: Record<string, unknown> = {};
  for (const [name, child] of Object.entries(value)) {
    const left = remove(child, fieldOf(place, name), removal);
    if (left !== undefined) kept[name] = left;
  }
  const hasBecomeEmpty = Object.keys(kept).length === 0 && Object.keys(value).length > 0;
  return hasBecomeEmpty && !removal.given.has(place.path) ? undefined : kept;
}

function removeFromList(list: readonly unknown[], place: Place, removal: Removal): unknown {
  const type = listTypeOf(place.kind, place.pattern);
  if (type === "atomic") return list;
  const kept = list.flatMap((element) => {
    const inner = elementOf(place, elementKey(element, type));
    if (removal.paths.has(inner.path)) return [];
    if (type === "set") return [element];
    // Whoever else owns something of the element needs the fields by which it is known.
    const left = remove(element, inner, removal);
    return [isFields(left) && isFields(element) ? { ...keyFields(element, type), ...left } : left];
  });
  return kept.length === 0 && list.length > 0 ? undefined : kept;
}

function keyFields(element: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(names.flatMap((name) => (name in element ? [[name, element[name]]] : [])));
}

function elementKey(element: unknown, type: Exclude<ListType, "atomic">): string {
  if (type === "set" || !isFields(element)) return `=${JSON.stringify(element)}`;
  return `=${JSON.stringify(type.map((name) => element[name] ?? KEY_DEFAULTS[name]))}`;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
