import type { KubeObject } from "../../api/meta.ts";
import { RESOURCES, type ResourceType } from "../../api/resource-type.ts";
import type { KubeClient } from "../../kube/client.ts";
import { excessPatch } from "../drift.ts";
import { controllerOf } from "../manifests/owner-reference.ts";
import { objectId } from "../object-cache.ts";
import type { AppliedObject, Plan, PlannedApply } from "../plan.ts";

/** The kinds that are made for collectors. */
export const OWNED_KINDS = [
  RESOURCES.ConfigMap,
  RESOURCES.ServiceAccount,
  RESOURCES.Service,
  RESOURCES.Deployment,
  RESOURCES.StatefulSet,
  RESOURCES.DaemonSet,
  RESOURCES.PodDisruptionBudget,
  RESOURCES.HorizontalPodAutoscaler,
  RESOURCES.Ingress,
  RESOURCES.NetworkPolicy,
] as const satisfies readonly ResourceType[];

/** The same, of kinds that not every cluster has. */
export const OPTIONAL_KINDS = [
  RESOURCES.ServiceMonitor,
  RESOURCES.PodMonitor,
  RESOURCES.HTTPRoute,
  RESOURCES.Route,
] as const satisfies readonly ResourceType[];

const TYPE_BY_KIND: ReadonlyMap<string, ResourceType> = new Map(
  [...OWNED_KINDS, ...OPTIONAL_KINDS].map((type) => [type.kind, type]),
);

/** An object that is not ours to write. */
export interface TakenName {
  readonly id: string;
  /** Whose it is: `Deployment shop/web`. */
  readonly controller: string;
  /** It belonged to a former resource of the same name and waits to be collected. */
  readonly leftover: boolean;
}

/** What became of a plan. */
export interface Outcome {
  /** By {@link objectId}: what the server answered. */
  readonly written: ReadonlyMap<string, KubeObject>;
  readonly removed: readonly string[];
  readonly taken: readonly TakenName[];
  readonly errors: readonly Error[];
}

/** Carries plans out. What it has applied it notes down in the given map. */
export class ObjectWriter {
  readonly #client: KubeClient;

  constructor(client: KubeClient) {
    this.#client = client;
  }

  /**
   * Applies everything even when one object fails, and prunes only when all went well: an object that is no longer wanted
   * may still be what keeps things going. Rejects only when the signal is aborted.
   */
  async write(
    plan: Plan,
    { owner, applied, signal }: { owner: KubeObject; applied: Map<string, AppliedObject>; signal: AbortSignal },
  ): Promise<Outcome> {
    const written = new Map<string, KubeObject>();
    const removed: string[] = [];
    const taken: TakenName[] = [];
    const errors: Error[] = [];
    for (const planned of plan.apply) {
      const object = planned.desired;
      const result = await attempt(async () => this.#apply(planned, owner, signal), signal);
      if (result instanceof Error) errors.push(result);
      else if ("leftover" in result) taken.push(result);
      else {
        written.set(objectId(object), result);
        applied.set(objectId(object), {
          hash: planned.hash,
          resourceVersion: result.metadata.resourceVersion,
        });
      }
    }
    if (errors.length === 0 && taken.length === 0) {
      for (const object of plan.prune) {
        const failure = await attempt(async () => this.#remove(object, signal), signal);
        if (failure instanceof Error) errors.push(failure);
        else removed.push(objectId(object));
        applied.delete(objectId(object));
      }
    }
    return { written, removed, taken, errors };
  }

  /** The name may be taken by an object that the cache, which holds our own only, does not know. */
  async #apply(
    { desired, live }: PlannedApply,
    owner: KubeObject,
    signal: AbortSignal,
  ): Promise<KubeObject | TakenName> {
    const type = typeOf(desired);
    const { name, namespace = "" } = desired.metadata;
    const found = live ?? (await this.#client.get(type, { namespace, name }, signal));
    const controller = found === undefined ? undefined : controllerOf(found);
    if (controller !== undefined && controller.uid !== owner.metadata.uid) {
      const leftover = controller.kind === owner.kind && controller.name === owner.metadata.name;
      return { id: objectId(desired), controller: `${controller.kind} ${namespace}/${controller.name}`, leftover };
    }
    const excess = excessPatch(live, desired);
    if (excess !== undefined) await this.#client.mergePatch(type, { namespace, name }, excess, signal);
    return this.#client.apply<KubeObject>(type, desired, signal);
  }

  async #remove(object: KubeObject, signal: AbortSignal): Promise<undefined> {
    const { name, namespace = "", uid } = object.metadata;
    const options = uid === undefined ? {} : { uid };
    await this.#client.delete(typeOf(object), { namespace, name }, options, signal);
  }
}

function typeOf(object: KubeObject): ResourceType {
  const type = TYPE_BY_KIND.get(object.kind);
  if (type === undefined) throw new Error(`${objectId(object)} is of a kind that is not made for collectors`);
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
