import type { KubeObject } from "../../api/meta.ts";
import { isFreeForm, settingsOf } from "../../api/opentelemetry/components.ts";
import type { Finding, PartialObject } from "./finding.ts";
import { nameOf } from "./observation.ts";

/**
 * Who applies what mends. Not kubectl's own name: server-side apply takes away what the same manager applied before and
 * no longer gives.
 */
export const DOCTOR_MANAGER = "otel-allocator-doctor";

type Data = Readonly<Record<string, unknown>>;

/**
 * The findings with mendings that do not undo each other when one manager applies them: what mends an object has what
 * mended it before too, in this report or in one of former days.
 */
export function accumulate(findings: readonly Finding[], live: readonly KubeObject[]): readonly Finding[] {
  const known = new Map(live.map((object) => [nameOf(object), formerMending(object)]));
  return findings.map((finding) => {
    const { apply } = finding.mending;
    if (apply === undefined) return finding;
    const objects = apply.map((object) => {
      const merged = mergedData(known.get(nameOf(object)) ?? {}, object) as PartialObject;
      known.set(nameOf(object), merged);
      return merged;
    });
    return Object.assign({}, finding, { mending: { ...finding.mending, apply: objects } });
  });
}

/** What the object has by our manager. */
function formerMending(object: KubeObject): Data {
  const entries = (object.metadata.managedFields ?? []).map(settingsOf);
  const own = entries.find(({ manager, operation }) => manager === DOCTOR_MANAGER && operation === "Apply");
  return own === undefined ? {} : ownedData(settingsOf(own["fieldsV1"]), object as unknown as Data);
}

/** The parts of a value that a set of fields names, lists as wholes. */
function ownedData(fields: Data, value: Data): Data {
  const parts = Object.entries(fields).flatMap(([key, inner]) => {
    const name = key.startsWith("f:") ? key.slice(2) : undefined;
    const part = name === undefined ? undefined : value[name];
    if (name === undefined || part === undefined) return [];
    const below = Object.keys(settingsOf(inner)).filter((each) => each.startsWith("f:"));
    return [[name, below.length > 0 && isFreeForm(part) ? ownedData(settingsOf(inner), part) : part] as const];
  });
  return Object.fromEntries(parts);
}

function mergedData(before: Data, after: Data): Data {
  const merged: Record<string, unknown> = { ...before };
  for (const [key, value] of Object.entries(after)) {
    const former = merged[key];
    // An empty selector stands for itself: it must not be filled up with what it was.
    const deep = isFreeForm(former) && isFreeForm(value) && Object.keys(value).length > 0;
    merged[key] = deep ? mergedData(former, value) : value;
  }
  return merged;
}
