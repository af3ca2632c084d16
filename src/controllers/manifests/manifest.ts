import type { KubeObject, ObjectMeta } from "../../api/meta.ts";
import { apiVersionOf, type ResourceType } from "../../api/resource-type.ts";

/** A desired object: what we want of it and nothing else. */
export interface Manifest extends KubeObject {
  readonly [field: string]: unknown;
}

/** A desired object of this kind. */
export function manifest(
  type: ResourceType,
  metadata: ObjectMeta,
  content: Readonly<Record<string, unknown>>,
): Manifest {
  return { apiVersion: apiVersionOf(type), kind: type.kind, metadata, ...content };
}

type Present<T> = { readonly [K in keyof T]: Exclude<T[K], undefined> };

/** The fields that have a value: an absent field is left to the API server, an empty one is not. */
export function present<T extends object>(fields: T): Partial<Present<T>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<Present<T>>;
}

/** The list, or undefined when nothing is in it. */
export function unlessEmpty<T>(items: readonly T[] | undefined): readonly T[] | undefined {
  return items === undefined || items.length === 0 ? undefined : items;
}
