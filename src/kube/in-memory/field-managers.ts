import type { KubeObject } from "../../api/meta.ts";
import { type FieldSet, changedPaths, coversPath, fieldsOf, mergeFields, removeFields } from "./field-set.ts";

/** Who owns which fields of an object: manager to paths. Apply and other writes of one name are two managers. */
export type FieldManagers = ReadonlyMap<string, ReadonlySet<string>>;

/** An object and the owners of its fields. */
export interface ManagedObject {
  readonly object: KubeObject;
  readonly managers: FieldManagers;
}

/** Metadata that the server writes, or that says which object is meant: nobody owns it. */
const SERVER_METADATA: ReadonlySet<string> = new Set([
  "name",
  "namespace",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "managedFields",
]);

/**
 * Server-side apply with force: the applied fields are in, what this manager applied earlier and no longer gives is out
 * unless others own it too, and others lose the fields that got another value.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export function applyFields(live: ManagedObject, manager: string, applied: KubeObject): ManagedObject {
  const { kind } = applied;
  const given = ownableFields(applied);
  const before = ownableFields(live.object);
  const others = [...live.managers].filter(([name]) => name !== manager);
  const kept = new Set([...given.keys(), ...others.flatMap(([, paths]) => [...paths])]);
  const dropped = new Set([...(live.managers.get(manager) ?? [])].filter((path) => !coversPath(kept, path)));
  const merged = mergeFields(kind, live.object, applied);
  const object = removeFields(kind, merged, { paths: dropped, given }) as KubeObject;
  const taken = changedPaths(before, given);
  const managers = new Map<string, ReadonlySet<string>>();
  for (const [name, paths] of others) keepOwner(managers, name, withoutPaths(paths, taken));
  keepOwner(managers, manager, new Set(given.keys()));
  return { object, managers };
}

/** Any other write: what changed becomes this manager's alone. */
export function updateFields(live: ManagedObject, manager: string, next: KubeObject): ManagedObject {
  const after = ownableFields(next);
  const changed = changedPaths(ownableFields(live.object), after);
  const managers = new Map<string, ReadonlySet<string>>();
  for (const [name, paths] of live.managers) {
    const left = [...paths].filter((path) => after.has(path));
    keepOwner(managers, name, withoutPaths(left, changed));
  }
  keepOwner(managers, manager, new Set([...(managers.get(manager) ?? []), ...changed]));
  return { object: next, managers };
}

function ownableFields({ kind, apiVersion: _apiVersion, metadata, ...content }: KubeObject): FieldSet {
  const owned = Object.fromEntries(Object.entries(metadata).filter(([name]) => !SERVER_METADATA.has(name)));
  return fieldsOf(kind, Object.keys(owned).length === 0 ? content : { metadata: owned, ...content });
}

function withoutPaths(paths: Iterable<string>, removed: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...paths].filter((path) => !removed.has(path)));
}

function keepOwner(managers: Map<string, ReadonlySet<string>>, name: string, paths: ReadonlySet<string>): void {
  if (paths.size > 0) managers.set(name, paths);
}
