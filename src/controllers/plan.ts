import type { KubeObject } from "../api/meta.ts";
import { excessPatch, holds } from "./drift.ts";
import type { Manifest } from "./manifests/manifest.ts";
import { contentHash } from "./manifests/canonical-json.ts";
import { objectId } from "./object-cache.ts";

/** What must be done to get from the owned objects to the desired ones. */
export interface Plan {
  /** In the order in which they were desired. */
  readonly apply: readonly PlannedApply[];
  /** Owned and no longer wanted. */
  readonly prune: readonly KubeObject[];
}

export interface PlannedApply {
  readonly desired: Manifest;
  /** Of the desired object. */
  readonly hash: string;
  /** What is owned under that name. Undefined: nothing, as far as the cache knows. */
  readonly live: KubeObject | undefined;
}

/** An object as it was when we last applied it. */
export interface AppliedObject {
  /** Of what we applied. */
  readonly hash: string;
  /** What the server answered. */
  readonly resourceVersion: string | undefined;
}

/** Desired objects and what to know them by. */
export interface DesiredSet {
  /** In apply order. */
  readonly objects: readonly Manifest[];
  /** By {@link objectId}. */
  readonly hashes: ReadonlyMap<string, string>;
  /** Over all of them. */
  readonly hash: string;
}

export function toDesiredSet(objects: readonly Manifest[]): DesiredSet {
  const hashes = new Map(objects.map((object) => [objectId(object), contentHash(object)] as const));
  return { objects, hashes, hash: contentHash([...hashes]).slice(0, 16) };
}

export interface PlanInput {
  readonly desired: DesiredSet;
  /** The live objects whose controller is the custom resource, as a cache knows them. */
  readonly owned: readonly KubeObject[];
  /** By {@link objectId}: what this process has applied. */
  readonly applied: ReadonlyMap<string, AppliedObject>;
  /** The hash of the whole set that was applied last, by any process. */
  readonly appliedSetHash: string | undefined;
  /** By {@link objectId}: owned objects that stay though they are not desired. @default none */
  readonly kept?: ReadonlySet<string>;
}

/**
 * Compares what is wanted with what there is. An object is left alone when it is what we applied last and still holds
 * all of it: the first sees fields that we have stopped wanting, the second what others have changed.
 */
export function planChanges(input: PlanInput): Plan {
  const owned = new Map(input.owned.map((object) => [objectId(object), object] as const));
  const { objects, hashes, hash: setHash } = input.desired;
  const wholeSetApplied = input.appliedSetHash === setHash;
  return {
    apply: objects
      .map((desired) => ({
        desired,
        hash: hashes.get(objectId(desired)) ?? "",
        live: owned.get(objectId(desired)),
      }))
      .filter((planned) => !isSettled(planned, input.applied.get(objectId(planned.desired)), wholeSetApplied)),
    prune: input.owned.filter(
      (object) => !hashes.has(objectId(object)) && !isLeaving(object) && !input.kept?.has(objectId(object)),
    ),
  };
}

function isSettled(
  { desired, hash, live }: PlannedApply,
  applied: AppliedObject | undefined,
  wholeSetApplied: boolean,
): boolean {
  if (live === undefined) return false;
  // Its deletion will be heard of, and then it is made again.
  if (isLeaving(live)) return true;
  const isLastApplied = applied === undefined ? wholeSetApplied : applied.hash === hash;
  if (!isLastApplied) return false;
  return isNotNewer(live, applied) || (holds(live, desired) && excessPatch(live, desired) === undefined);
}

/**
 * True when the cache has not heard of anything behind our own write. This also settles objects in which the server
 * writes a value differently than we do.
 */
function isNotNewer(live: KubeObject, applied: AppliedObject | undefined): boolean {
  const known = live.metadata.resourceVersion;
  return applied !== undefined && !isNewerVersion(known, applied.resourceVersion);
}

/** Whether `a` was stored after `b`. Resource versions of one kind are comparable whole numbers. */
function isNewerVersion(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined || !/^\d+$/.test(a) || !/^\d+$/.test(b)) return a !== b;
  return BigInt(a) > BigInt(b);
}

function isLeaving(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}
