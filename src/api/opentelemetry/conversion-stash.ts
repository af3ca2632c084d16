import { isDeepStrictEqual } from "node:util";

import { isFreeForm } from "./components.ts";
import { OPENTELEMETRY_COLLECTOR } from "./schema/collector.ts";
import type { Field } from "./schema/field.ts";
import { findMistakes } from "./schema/find-mistakes.ts";
import { withKubernetesFields } from "./schema/with-kubernetes-fields.ts";

/** The parts of a resource that conversion changes. */
export interface Parts {
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** A place where v1beta1 says something that v1alpha1 alone does not lead to. */
interface Difference {
  readonly path: readonly string[];
  /** What v1beta1 says; absent when nothing. */
  readonly is?: unknown;
  /** What v1alpha1 alone leads to; absent when nothing. */
  readonly was?: unknown;
}

/** The text that {@link restore} needs to get from `lossy` back to `full`; undefined when they are the same. */
export function toStash(full: Parts, lossy: Parts): string | undefined {
  const differences = (["spec", "status"] as const).flatMap((part) => differencesIn(full[part], lossy[part], [part]));
  return differences.length === 0 ? undefined : JSON.stringify(differences);
}

function differencesIn(is: unknown, was: unknown, path: readonly string[]): readonly Difference[] {
  if (isDeepStrictEqual(is, was)) return [];
  if (isFreeForm(is) && isFreeForm(was)) {
    const keys = new Set([...Object.keys(is), ...Object.keys(was)]);
    return [...keys].flatMap((key) => differencesIn(is[key], was[key], [...path, key]));
  }
  return [{ path, ...(is === undefined ? {} : { is }), ...(was === undefined ? {} : { was }) }];
}

/**
 * Puts back what v1alpha1 could not say, except where its user has meanwhile written something else, or removed what it
 * was a part of. Texts that are no stash, and values that v1beta1 does not allow, count for nothing: anybody can write
 * an annotation, and nothing checks the resource against v1beta1 after its conversion.
 */
export function restore<P extends Parts>(parts: P, stash: string): P {
  let restored: unknown = parts;
  for (const difference of readStash(stash)) restored = withDifference(restored, difference, 0);
  return restored as P;
}

function readStash(text: string): readonly Difference[] {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.filter(isDifference) : [];
  } catch {
    return [];
  }
}

function isDifference(value: unknown): value is Difference {
  if (!isFreeForm(value)) return false;
  const { path, is } = value;
  if (!Array.isArray(path) || !path.every((key) => typeof key === "string")) return false;
  const field = fieldAt(path);
  return field !== undefined && (is === undefined || is === null || findMistakes(field, is).length === 0);
}

function fieldAt([part = "", ...path]: readonly string[]): Field | undefined {
  const { spec, status } = OPENTELEMETRY_COLLECTOR;
  const root: Field | undefined = part === "spec" ? spec : part === "status" ? status : undefined;
  return path.reduce(memberOf, root);
}

/** Below what is free-form everything is. */
function memberOf(described: Field | undefined, key: string): Field | undefined {
  const field = described === undefined ? undefined : withKubernetesFields(described);
  if (field?.type === "object") return Object.hasOwn(field.fields, key) ? field.fields[key] : undefined;
  if (field?.type === "map") return field.values;
  return field?.type === "free-form" ? field : undefined;
}

function withDifference(value: unknown, difference: Difference, depth: number): unknown {
  const { path, is, was } = difference;
  const key = path[depth];
  if (key === undefined) return isDeepStrictEqual(value, was) ? is : value;
  if (!isFreeForm(value)) return value;
  const before = Object.hasOwn(value, key) ? value[key] : undefined;
  const after = withDifference(before, difference, depth + 1);
  if (after === before) return value;
  const { [key]: _removed, ...others } = value;
  return after === undefined ? others : { ...others, [key]: after };
}
