import { settingsOf } from "../api/opentelemetry/components.ts";
import type { KubeObject } from "../api/meta.ts";
import { InvalidError } from "../kube/errors.ts";
import { holds } from "./drift.ts";
import { compareBytewise } from "./manifests/canonical-json.ts";

/** An object that cannot become what is wanted, and was deleted to be made anew. */
export interface Recreation {
  readonly id: string;
  /** Fields that cannot be changed, as far as they are known. */
  readonly fields: readonly string[];
  /** Its pods run on, and become those of the new object. */
  readonly podsStay: boolean;
  /** Why it must not be done after all. */
  readonly hindrance?: string;
}

/** An object cannot become what is wanted, and making it anew would do harm. The message says which, and what to do. */
export class RecreationRefusedError extends Error {
  readonly code = "RECREATION_REFUSED";
  override readonly name = "RecreationRefusedError";
}

/**
 * How API servers refuse to change what is fixed once it is made: selectors, StatefulSets, addresses of Services,
 * ConfigMaps that somebody has made immutable.
 *
 * Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/apps/validation/validation.go and the validation of
 * the other groups beside it
 */
const FIXED = /field is immutable|may not change once set|updates to statefulset spec for fields other than/;

/** True when only another object could be what is wanted. */
export function isRefusedAsImmutable(error: unknown): boolean {
  return error instanceof InvalidError && FIXED.test(error.message);
}

/** Fields of the spec of workloads that cannot be changed. */
const FIXED_FIELDS = ["selector", "serviceName", "podManagementPolicy", "volumeClaimTemplates"] as const;
const WORKLOADS: ReadonlySet<string> = new Set(["Deployment", "StatefulSet", "DaemonSet"]);

/** What is to be done to make the object anew. */
export function planRecreation(id: string, live: KubeObject, desired: KubeObject): Recreation {
  const [is, wanted] = [specOf(live), specOf(desired)];
  const fields = FIXED_FIELDS.filter((field) => wanted[field] !== undefined || is[field] !== undefined)
    .filter((field) => !holds(is[field], wanted[field], field))
    .map((field) => `spec.${field}`);
  const podsStay = WORKLOADS.has(live.kind) && canAdopt(is, wanted);
  // With its pods a StatefulSet leaves its claims to the next one; without them it may take them along.
  return podsStay || !takesClaims(is)
    ? { id, fields, podsStay }
    : { id, fields, podsStay, hindrance: claimsWouldGo(fields) };
}

function takesClaims({ persistentVolumeClaimRetentionPolicy: policy }: Spec): boolean {
  return settingsOf(policy)["whenDeleted"] === "Delete";
}

function claimsWouldGo(fields: readonly string[]): string {
  const changed = fields.length === 0 ? "what is to change" : fields.join(" and ");
  return (
    `${changed} cannot be changed otherwise, and its claims would be deleted with it, because ` +
    "spec.persistentVolumeClaimRetentionPolicy.whenDeleted is Delete; to keep the claims, take the change back, set Retain, " +
    "and change it then; to let them go, delete the StatefulSet yourself"
  );
}

/** Whether the new workload takes the pods of the old one for its own, and can live with them. */
function canAdopt(is: Spec, wanted: Spec): boolean {
  const labels = settingsOf(settingsOf(settingsOf(is["template"])["metadata"])["labels"]);
  const { matchLabels, ...rest } = settingsOf(wanted["selector"]);
  const selected = Object.entries(settingsOf(matchLabels)).every(([key, value]) => labels[key] === value);
  // Pods that lack a claim cannot be given it: a StatefulSet would try for ever.
  return selected && Object.keys(rest).length === 0 && claimNames(is) === claimNames(wanted);
}

function claimNames({ volumeClaimTemplates }: Spec): string {
  const claims: readonly unknown[] = Array.isArray(volumeClaimTemplates) ? volumeClaimTemplates : [];
  const names = claims.map((claim) => String(settingsOf(settingsOf(claim)["metadata"])["name"]));
  return names.toSorted(compareBytewise).join(" ");
}

type Spec = Readonly<Record<string, unknown>>;

function specOf(object: KubeObject): Spec {
  return settingsOf((object as KubeObject & { readonly spec?: unknown }).spec);
}

/** What is done, for an Event. */
export function recreationNote({ id, fields, podsStay }: Recreation): string {
  const what = id.replace(/ .*\//, " ");
  const why =
    fields.length === 0 ? "some of its fields cannot be changed" : `${fields.join(" and ")} cannot be changed`;
  if (!WORKLOADS.has(what.split(" ", 1)[0] ?? "")) return `${what} is made anew: ${why}`;
  return podsStay
    ? `${what} is made anew: ${why}. Its pods run on and become those of the new one; claims stay as they are`
    : `${what} is made anew: ${why}. Its pods cannot go over to the new one and are replaced; claims stay as they are`;
}
