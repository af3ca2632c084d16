import type { KubeObject } from "../api/meta.ts";
import type { ResourceType } from "../api/resource-type.ts";
import type { KubeClient } from "../kube/client.ts";
import { ConflictError, NotFoundError } from "../kube/errors.ts";
import type { ResourceLifecycle } from "../kube/resource-lifecycle.ts";
import { type ClusterGrants, type GrantOutcome, granteeOf, isRefusal } from "./cluster-grants.ts";
import type { Component } from "./manifests/labels.ts";
import type { Manifest } from "./manifests/manifest.ts";
import type { EventRecorder } from "./runtime/event-recorder.ts";
import { DONE, type Result } from "./runtime/reconciler.ts";

/** Why roles are not as they must be. */
export type GrantFailure = Exclude<GrantOutcome, { readonly kind: "done" }>;

export interface GrantLifecycleOptions {
  readonly client: KubeClient;
  /** Of the resources, with the finalizer given here. */
  readonly lifecycle: ResourceLifecycle;
  readonly grants: ClusterGrants;
  readonly events: EventRecorder;
  /** Of the resources to which is granted. */
  readonly type: ResourceType;
  readonly finalizer: string;
  /** That the roles are for. */
  readonly component: Component;
  /** What may be left of a resource that goes, for people. */
  readonly leftNote: (resource: KubeObject, failure: GrantFailure) => string;
}

/** Rights may be given at any time, and nobody tells. */
const RIGHTS_RETRY_MS = 300_000;
/** A namespace is often made in the same breath. */
const NAMESPACE_RETRY_MS = 30_000;
/** Roles are not watched, so that the operator needs no more rights: how soon one that somebody changed is put right. */
const LOOK_AGAIN_MS = 600_000;
/** Somebody else has written the resource: the cache will know in a moment. */
const CONFLICT_RETRY_MS = 250;
/** An API server that has just started refuses what it will allow. */
const RELEASE_RETRY_MS = 2_000;
/** Refusals in a row, until a resource that is going is let go without its roles. */
const RELEASE_ATTEMPTS = 3;

/**
 * The roles of a resource from the first to the last: a finalizer holds the resource for as long as there may be some, and
 * only so long. For want of rights it holds none.
 */
export class GrantLifecycle {
  readonly #options: GrantLifecycleOptions;
  /** By UID of what is going, how often its roles could not be removed. */
  readonly #refusals = new Map<string, number>();

  constructor(options: GrantLifecycleOptions) {
    this.#options = options;
  }

  /** Makes the roles as given, and removes other ones of the resource. */
  async grant(found: KubeObject, desired: readonly Manifest[], signal: AbortSignal): Promise<GrantOutcome> {
    const { grants, component } = this.#options;
    if (!(await grants.permitted(signal))) return { kind: "not-allowed" };
    return (await this.#mark(found, signal)) ?? grants.apply(granteeOf(found, component), desired, signal);
  }

  /** Removes all roles of a resource that needs none. What carries no finalizer has been given none. */
  async withdraw(found: KubeObject, signal: AbortSignal): Promise<GrantOutcome> {
    const { grants, client, component, finalizer, type } = this.#options;
    const { finalizers = [], namespace = "", name, resourceVersion } = found.metadata;
    if (!finalizers.includes(finalizer)) return { kind: "done", changed: [] };
    const outcome = await grants.remove(granteeOf(found, component), signal);
    // It stays marked: the rights to remove what is left may come back.
    if (outcome.kind !== "done") return outcome;
    const metadata = { resourceVersion, finalizers: finalizers.filter((each) => each !== finalizer) };
    await client.mergePatch(type, { namespace, name }, { metadata }, signal);
    return outcome;
  }

  /** Removes the roles of a resource that is going, and lets it go; an Event tells what may be left. */
  async release(found: KubeObject, signal: AbortSignal): Promise<Result> {
    const { grants, lifecycle, events, component, finalizer, leftNote } = this.#options;
    if (found.metadata.finalizers?.includes(finalizer) !== true) return DONE;
    const outcome = await grants.remove(granteeOf(found, component), signal);
    if (outcome.kind === "refused" && this.#mayStillBeAllowed(found)) return { requeueAfterMs: RELEASE_RETRY_MS };
    this.#refusals.delete(uidOf(found));
    if (outcome.kind !== "done") {
      events.record(found, { type: "Warning", reason: "ClusterRoleLeft", note: leftNote(found, outcome) });
    }
    await lifecycle.finalize(found, nothing, signal);
    return DONE;
  }

  /**
   * Before there is anything to remove: should this process end in between, it is known that there may be. An admission
   * webhook may be against it, since it is the operator then that writes a configuration with such needs.
   */
  async #mark(found: KubeObject, signal: AbortSignal): Promise<GrantOutcome | undefined> {
    try {
      await this.#options.lifecycle.finalize(found, nothing, signal);
      return undefined;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return { kind: "refused", message: error.message };
    }
  }

  /** After a refusal the rights are asked for anew. */
  #mayStillBeAllowed(found: KubeObject): boolean {
    const count = (this.#refusals.get(uidOf(found)) ?? 0) + 1;
    this.#refusals.set(uidOf(found), count);
    return count < RELEASE_ATTEMPTS;
  }
}

/** The pass, where its resource has neither gone nor changed since it was heard of. */
export async function untilSettled(pass: () => Promise<Result>): Promise<Result> {
  try {
    return await pass();
  } catch (error) {
    if (error instanceof NotFoundError) return DONE;
    if (error instanceof ConflictError) return { requeueAfterMs: CONFLICT_RETRY_MS };
    throw error;
  }
}

/** When to look at roles that are needed again, after this. */
export function nextLook({ kind }: GrantOutcome): Result {
  if (kind === "done") return { requeueAfterMs: LOOK_AGAIN_MS };
  return { requeueAfterMs: kind === "incomplete" ? NAMESPACE_RETRY_MS : RIGHTS_RETRY_MS };
}

/** What was applied or removed, as `ClusterRole name`. */
export function changedBy(outcome: GrantOutcome): readonly string[] {
  return "changed" in outcome ? outcome.changed : [];
}

function uidOf({ metadata: { uid = "" } }: KubeObject): string {
  return uid;
}

async function nothing(): Promise<void> {
  return Promise.resolve();
}
