import type { KubeObject, OwnerReference } from "../api/meta.ts";
import { RESOURCES, type ResourceType } from "../api/resource-type.ts";
import type { KubeClient } from "../kube/client.ts";
import type { Clock } from "../observability/clock.ts";
import { excessPatch } from "./drift.ts";
import { LABEL_MANAGED_BY, MANAGED_BY } from "./manifests/labels.ts";
import type { Manifest } from "./manifests/manifest.ts";
import { controllerOf, controllerReference } from "./manifests/owner-reference.ts";
import { objectId } from "./object-cache.ts";
import { ownedKind } from "./owned-kinds.ts";
import type { AppliedObject, Plan, PlannedApply } from "./plan.ts";
import { isRefusedAsImmutable, planRecreation, type Recreation, RecreationRefusedError } from "./recreation.ts";
import { RecreationMemory } from "./recreation-memory.ts";

/** An object that is not ours to write. */
export interface TakenName {
  readonly id: string;
  /** Whose it is: `Deployment shop/web`. Undefined: a user made it. */
  readonly controller: string | undefined;
  /** It belonged to a former resource of the same name and waits to be collected. */
  readonly leftover: boolean;
}

/** What became of a plan. */
export interface Outcome {
  /** By {@link objectId}: what the server answered. */
  readonly written: ReadonlyMap<string, KubeObject>;
  readonly removed: readonly string[];
  readonly taken: readonly TakenName[];
  /** Deleted, to be made when they are gone. */
  readonly recreated: readonly Recreation[];
  readonly errors: readonly Error[];
}

/** In whose name a plan is carried out. */
export interface WriteOptions {
  readonly owner: KubeObject;
  /** UID of another resource whose objects become the owner's where they bear the name of one that is wanted. */
  readonly predecessor?: string | undefined;
  readonly applied: Map<string, AppliedObject>;
  readonly signal: AbortSignal;
}

/** Carries plans out. What it has applied it notes down in the given map. */
export class ObjectWriter {
  readonly #client: KubeClient;
  readonly #recreations: RecreationMemory;

  constructor(client: KubeClient, clock: Pick<Clock, "monotonic">) {
    this.#client = client;
    this.#recreations = new RecreationMemory(clock);
  }

  /**
   * Applies everything even when one object fails, and prunes only when all went well: an object that is no longer wanted
   * may still be what keeps things going. Rejects only when the signal is aborted.
   */
  async write(plan: Plan, options: WriteOptions): Promise<Outcome> {
    const { applied, signal } = options;
    const written = new Map<string, KubeObject>();
    const removed: string[] = [];
    const taken: TakenName[] = [];
    const recreated: Recreation[] = [];
    const errors: Error[] = [];
    for (const planned of plan.apply) {
      const object = planned.desired;
      const result = await attempt(async () => this.#apply(planned, options), signal);
      if (result instanceof Error) errors.push(result);
      else if ("leftover" in result) taken.push(result);
      else if ("podsStay" in result) recreated.push(result);
      else {
        written.set(objectId(object), result);
        applied.set(objectId(object), {
          hash: planned.hash,
          resourceVersion: result.metadata.resourceVersion,
        });
      }
    }
    if (errors.length === 0 && taken.length === 0 && recreated.length === 0) {
      for (const object of plan.prune) {
        const failure = await attempt(async () => this.#remove(object, signal), signal);
        if (failure instanceof Error) errors.push(failure);
        else removed.push(objectId(object));
        applied.delete(objectId(object));
      }
    }
    return { written, removed, taken, recreated, errors };
  }

  /** The name may be taken by an object that the cache, which holds our own only, does not know. */
  async #apply(planned: PlannedApply, options: WriteOptions): Promise<KubeObject | TakenName | Recreation> {
    const { desired, live } = planned;
    const { signal } = options;
    const type = typeOf(desired);
    const { name, namespace = "" } = desired.metadata;
    const found = live ?? (await this.#client.get(type, { namespace, name }, signal));
    const claim = claimOn(found, options);
    if (claim === "taken") return takenName(desired, found, options);
    if (claim === "handed over") await this.#takeOver(type, found, options);
    try {
      const excess = excessPatch(live, desired);
      if (excess !== undefined) await this.#client.mergePatch(type, { namespace, name }, excess, signal);
      return await this.#client.apply<KubeObject>(type, desired, signal);
    } catch (error) {
      if (found === undefined || !isRefusedAsImmutable(error)) throw error;
      return this.#recreate(found, planned, { cause: error, signal });
    }
  }

  /** Deletes the object, without its pods where the next one can have them. When it is gone it is missed, and made. */
  async #recreate(
    found: KubeObject,
    { desired, hash }: PlannedApply,
    { cause, signal }: { readonly cause: unknown; readonly signal: AbortSignal },
  ): Promise<Recreation> {
    const { name, namespace = "", uid } = found.metadata;
    const recreation = planRecreation(objectId(desired), found, desired);
    const hindrance = recreation.hindrance ?? this.#recreations.hindrance({ id: recreation.id, hash, uid });
    if (hindrance !== undefined)
      throw new RecreationRefusedError(`${recreation.id} is not made anew: ${hindrance}`, { cause });
    const propagation = recreation.podsStay ? "Orphan" : "Background";
    const options = { propagation, ...(uid === undefined ? {} : { uid }) } as const;
    await this.#client.delete(typeOf(desired), { namespace, name }, options, signal);
    this.#recreations.note({ id: recreation.id, hash, uid });
    return recreation;
  }

  /** An object can have one controller, and applying would add a second one. */
  async #takeOver(type: ResourceType, found: KubeObject | undefined, { owner, signal }: WriteOptions): Promise<void> {
    if (found === undefined) return;
    const { name, namespace = "", resourceVersion, ownerReferences = [] } = found.metadata;
    const others = ownerReferences.filter(({ controller }) => controller !== true);
    const metadata = { resourceVersion, ownerReferences: [...others, controllerReference(owner)] };
    await this.#client.mergePatch(type, { namespace, name }, { metadata }, signal);
  }

  async #remove(object: KubeObject, signal: AbortSignal): Promise<undefined> {
    const { name, namespace = "", uid } = object.metadata;
    const options = uid === undefined ? {} : { uid };
    await this.#client.delete(typeOf(object), { namespace, name }, options, signal);
  }
}

type Claim = "ours" | "handed over" | "taken";

function claimOn(found: KubeObject | undefined, { owner, predecessor }: WriteOptions): Claim {
  if (found === undefined) return "ours";
  const controller = controllerOf(found);
  if (controller === undefined) return isLeftAround(found) ? "ours" : "taken";
  if (controller.uid === owner.metadata.uid) return "ours";
  return controller.uid === predecessor ? "handed over" : "taken";
}

/**
 * True for what an operator has made and nobody controls any more, as after a restored backup. Anything else of that name
 * is somebody's own, and so are TargetAllocators, which users make too.
 */
function isLeftAround({ kind, metadata: { labels } }: KubeObject): boolean {
  return kind !== RESOURCES.TargetAllocator.kind && labels?.[LABEL_MANAGED_BY] === MANAGED_BY;
}

function takenName(desired: Manifest, found: KubeObject | undefined, { owner }: WriteOptions): TakenName {
  const controller = found === undefined ? undefined : controllerOf(found);
  const leftover = controller !== undefined && isFormer(controller, owner);
  return { id: objectId(desired), controller: describeOwner(controller, desired), leftover };
}

function describeOwner(controller: OwnerReference | undefined, { metadata }: KubeObject): string | undefined {
  if (controller === undefined) return undefined;
  return `${controller.kind} ${metadata.namespace ?? ""}/${controller.name}`;
}

/** What a collector's allocator is made of may belong to either of the two. */
const RESOURCE_KINDS: ReadonlySet<string> = new Set([
  RESOURCES.OpenTelemetryCollector.kind,
  RESOURCES.TargetAllocator.kind,
]);

function isFormer({ kind, name }: OwnerReference, { metadata }: KubeObject): boolean {
  return RESOURCE_KINDS.has(kind) && name === metadata.name;
}

function typeOf(object: KubeObject): ResourceType {
  const type = ownedKind(object.kind);
  if (type === undefined) throw new Error(`${objectId(object)} is of a kind that is not made for any resource`);
  return type;
}

/** The result, or the error that the attempt ended in. An abort is no result. */
async function attempt<T>(action: () => Promise<T>, signal: AbortSignal): Promise<T | Error> {
  try {
    return await action();
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof Error ? error : new Error(String(error));
  }
}
