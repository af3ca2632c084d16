import { entryOf } from "../api/opentelemetry/components.ts";
import { isQuantityMap, sameQuantity } from "./quantity.ts";

/**
 * Whether a live object still is what we want, found out without asking the server. What others have added beside it is
 * theirs, as in server-side apply, but where it would change what runs.
 */

type Data = Readonly<Record<string, unknown>>;

/** How the items of a list are told apart, for lists that several writers share; all others belong to one writer. */
const LIST_KEYS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  containers: [["name"]],
  initContainers: [["name"]],
  volumes: [["name"]],
  env: [["name"]],
  volumeMounts: [["mountPath"]],
  ports: [
    ["containerPort", "protocol"],
    ["port", "protocol"],
  ],
  hostAliases: [["ip"]],
  ownerReferences: [["uid"]],
  topologySpreadConstraints: [["topologyKey", "whenUnsatisfiable"]],
};

/** What the API server fills in for a key that is absent. */
const KEY_DEFAULTS: Readonly<Record<string, unknown>> = { protocol: "TCP" };

/**
 * Where only our entries may stand. Labels, annotations and what the API server fills in are open to others; another
 * port, selector label or environment variable would change what runs.
 */
const CLOSED: ReadonlySet<string> = new Set([
  ...Object.keys(LIST_KEYS).filter((field) => field !== "ownerReferences"),
  "args",
  "binaryData",
  "command",
  "data",
  "envFrom",
  "matchExpressions",
  "matchLabels",
  "nodeSelector",
  "selector",
  "tolerations",
]);

/**
 * What takes away the entries that others have put where only ours may stand, as a JSON merge patch; undefined when there
 * are none. Applying could not do it: it leaves alone what others have written.
 */
export function excessPatch(live: unknown, desired: unknown): Data | undefined {
  if (!isData(live) || !isData(desired)) return undefined;
  const patch: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(live)) {
    const change = excessOf(key, value, entryOf(desired, key));
    if (change !== undefined) patch[key] = change;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** The patch of one field; null removes it. */
function excessOf(field: string, live: unknown, desired: unknown): unknown {
  const closed = CLOSED.has(field);
  if (desired === undefined) return closed && !isEmpty(live) ? null : undefined;
  if (Array.isArray(live) && Array.isArray(desired)) return hasExcess(field, live, desired) ? desired : undefined;
  if (!isData(live) || !isData(desired)) return undefined;
  const extras = closed ? Object.keys(live).filter((key) => !Object.hasOwn(desired, key)) : [];
  const inner = excessPatch(live, desired);
  return extras.length === 0 ? inner : { ...inner, ...Object.fromEntries(extras.map((key) => [key, null])) };
}

/** A merge patch replaces lists as a whole, so it is enough to know that an item is too many or has too much. */
function hasExcess(field: string, live: readonly unknown[], desired: readonly unknown[]): boolean {
  const keys = keysOfList(field, desired);
  // One writer's list: holds() compares it item by item, but for what is shared within them.
  if (keys === undefined)
    return live.length === desired.length && live.some((item, at) => hasExcessItem(item, desired[at]));
  const byKey = new Map(desired.map((item) => [keyOfItem(item, keys), item] as const));
  const isExtra = (item: unknown): boolean => {
    const wanted = byKey.get(keyOfItem(item, keys));
    return wanted === undefined ? CLOSED.has(field) : hasExcessItem(item, wanted);
  };
  return live.some(isExtra);
}

function hasExcessItem(live: unknown, desired: unknown): boolean {
  return excessPatch(live, desired) !== undefined;
}

/** True when every field of `desired` has its value in `live`. */
export function holds(live: unknown, desired: unknown, field = ""): boolean {
  // Go leaves empty values out of its JSON, so the server may have dropped what we gave.
  if (live === undefined || live === null) return isEmpty(desired);
  if (Array.isArray(desired)) return Array.isArray(live) && holdsList(live, desired, field);
  if (isData(desired)) return isData(live) && holdsFields(live, desired, field);
  return live === desired || sameQuantity(live, desired, field);
}

function holdsFields(live: Data, desired: Data, field: string): boolean {
  return Object.entries(desired).every(([key, value]) =>
    holds(entryOf(live, key), value, isQuantityMap(field) ? field : key),
  );
}

function holdsList(live: readonly unknown[], desired: readonly unknown[], field: string): boolean {
  const keys = keysOfList(field, desired);
  if (keys === undefined) {
    return live.length === desired.length && desired.every((item, at) => holds(live[at], item));
  }
  const byKey = new Map(live.map((item) => [keyOfItem(item, keys), item] as const));
  return desired.every((item) => holds(byKey.get(keyOfItem(item, keys)), item));
}

function keysOfList(field: string, items: readonly unknown[]): readonly string[] | undefined {
  return entryOf(LIST_KEYS, field)?.find((candidate) =>
    items.every((item) => isData(item) && hasKeys(item, candidate)),
  );
}

function hasKeys(item: Data, keys: readonly string[]): boolean {
  return keys.every((key) => key in item || key in KEY_DEFAULTS);
}

function keyOfItem(item: unknown, keys: readonly string[]): string {
  return JSON.stringify(keys.map((key) => (isData(item) ? item[key] : undefined) ?? KEY_DEFAULTS[key]));
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isData(value)) return Object.values(value).every(isEmpty);
  return value === undefined || value === null || value === "" || value === 0 || value === false;
}

function isData(value: unknown): value is Data {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
