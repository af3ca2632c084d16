import { keyOf } from "../../api/meta.ts";
import { withTargetAllocatorDefaults } from "../../api/opentelemetry/default-target-allocator.ts";
import type { TargetAllocator } from "../../api/opentelemetry/target-allocator.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import type { KubeClient } from "../../kube/client.ts";
import { ConflictError, NotFoundError } from "../../kube/errors.ts";
import type { ResourceLifecycle } from "../../kube/resource-lifecycle.ts";
import { type ClusterGrants, type Grantee, granteeOf, type GrantOutcome } from "../cluster-grants.ts";
import { COLLECTOR_FINALIZER } from "../collector/collector-reconciler.ts";
import type { Manifest } from "../manifests/manifest.ts";
import type { ManifestSettings } from "../manifests/manifest-settings.ts";
import type { ObjectCache } from "../object-cache.ts";
import type { EventRecorder } from "../runtime/event-recorder.ts";
import { DONE, type ReconcileContext, type Reconciler, type Request, type Result } from "../runtime/reconciler.ts";
import { attachedCollectors } from "./attachment.ts";
import { buildRoles } from "./build-roles.ts";
import type { Hindrances } from "./hindrances.ts";
import { isLeftAlone } from "./left-alone.ts";
import { toAllocatorInput } from "./to-allocator-input.ts";

export interface RoleReconcilerOptions {
  readonly client: KubeClient;
  /** Of TargetAllocators, with the finalizer {@link COLLECTOR_FINALIZER}. */
  readonly lifecycle: ResourceLifecycle;
  /** Holds the TargetAllocators and the collectors. */
  readonly cache: ObjectCache;
  readonly grants: ClusterGrants;
  readonly hindrances: Hindrances;
  readonly events: EventRecorder;
  readonly settings: ManifestSettings;
}

/** Rights may be given at any time, and nobody tells. */
const RIGHTS_RETRY_MS = 300_000;
/** Somebody else has written the resource: the cache will know in a moment. */
const CONFLICT_RETRY_MS = 250;

/**
 * Makes the roles of allocators that ask for them (`rbac.create`), and removes them when nobody does any more. A finalizer
 * holds the TargetAllocator for as long as there may be roles, and only so long. For want of rights it holds nobody.
 */
export class RoleReconciler implements Reconciler {
  readonly #options: RoleReconcilerOptions;

  constructor(options: RoleReconcilerOptions) {
    this.#options = options;
  }

  async reconcile(request: Request, { signal }: ReconcileContext): Promise<Result> {
    const { cache, hindrances } = this.#options;
    const found: TargetAllocator | undefined = cache.get(RESOURCES.TargetAllocator, request);
    if (found === undefined) {
      hindrances.tell(keyOf(request), "roles", undefined);
      return DONE;
    }
    try {
      return await this.#pass(found, signal);
    } catch (error) {
      if (error instanceof NotFoundError) return DONE;
      if (error instanceof ConflictError) return { requeueAfterMs: CONFLICT_RETRY_MS };
      throw error;
    }
  }

  async #pass(found: TargetAllocator, signal: AbortSignal): Promise<Result> {
    const { cache, grants, lifecycle } = this.#options;
    if (found.metadata.deletionTimestamp !== undefined) return this.#release(found, signal);
    if (isLeftAlone(found, cache)) return DONE;
    const desired = this.#desired(found);
    // What runs goes on with the last valid configuration, and needs what that needed.
    if (desired === undefined) return DONE;
    if (desired.length === 0) return this.#withdraw(found, signal);
    if (!(await grants.permitted(signal))) return this.#tell(found, { kind: "not-allowed" });
    // Before there is anything to remove: should this process end in between, it is known that there may be.
    await lifecycle.finalize(found, async () => Promise.resolve(), signal);
    return this.#tell(found, await grants.apply(granteeOfAllocator(found), desired, signal));
  }

  /** Undefined when the resource cannot be run. */
  #desired(found: TargetAllocator): readonly Manifest[] | undefined {
    const allocator = withTargetAllocatorDefaults(found);
    const attached = attachedCollectors(found, this.#options.cache.list(RESOURCES.OpenTelemetryCollector));
    const { input, problems } = toAllocatorInput({ allocator, attached, settings: this.#options.settings });
    return problems.length === 0 ? buildRoles(input) : undefined;
  }

  /** Nobody asks for roles any more. What carries no finalizer has got none. */
  async #withdraw(found: TargetAllocator, signal: AbortSignal): Promise<Result> {
    const { finalizers = [], namespace = "", name, resourceVersion } = found.metadata;
    const { grants, client, hindrances } = this.#options;
    if (!finalizers.includes(COLLECTOR_FINALIZER)) {
      hindrances.tell(keyOf({ namespace, name }), "roles", undefined);
      return DONE;
    }
    const outcome = await grants.remove(granteeOfAllocator(found), signal);
    const result = this.#tell(found, outcome);
    // It stays marked: the rights to remove what is left may come back.
    if (outcome.kind !== "done") return result;
    const metadata = { resourceVersion, finalizers: finalizers.filter((each) => each !== COLLECTOR_FINALIZER) };
    await client.mergePatch(RESOURCES.TargetAllocator, { namespace, name }, { metadata }, signal);
    return DONE;
  }

  async #release(found: TargetAllocator, signal: AbortSignal): Promise<Result> {
    if (found.metadata.finalizers?.includes(COLLECTOR_FINALIZER) !== true) return DONE;
    const { grants, lifecycle, events } = this.#options;
    const cleanup = async (): Promise<void> => {
      const outcome = await grants.remove(granteeOfAllocator(found), signal);
      if (outcome.kind === "done") return;
      const note = `roles of this allocator may be left: ${reasonOf(outcome)}`;
      events.record(found, { type: "Warning", reason: "ClusterRoleLeft", note });
    };
    await lifecycle.finalize(found, cleanup, signal);
    return DONE;
  }

  #tell(found: TargetAllocator, outcome: GrantOutcome): Result {
    const { hindrances, events } = this.#options;
    const { namespace = "", name } = found.metadata;
    if (outcome.kind === "done") {
      hindrances.tell(keyOf({ namespace, name }), "roles", undefined);
      if (outcome.changed.length > 0) {
        const note = `applied or removed ${outcome.changed.join(", ")}`;
        events.record(found, { type: "Normal", reason: "PermissionsChanged", note });
      }
      return DONE;
    }
    hindrances.tell(keyOf({ namespace, name }), "roles", `spec.rbac.create: ${reasonOf(outcome)}`);
    return { requeueAfterMs: RIGHTS_RETRY_MS };
  }
}

function granteeOfAllocator(found: TargetAllocator): Grantee {
  return granteeOf(found, "opentelemetry-targetallocator");
}

function reasonOf(outcome: Exclude<GrantOutcome, { readonly kind: "done" }>): string {
  switch (outcome.kind) {
    case "not-allowed":
      return (
        "the operator may not look after roles; bind the ClusterRole opentelemetry-operator-granting-role to its account " +
        "(config/rbac-optional/granting), or make the roles yourself"
      );
    case "refused":
      return `a role was refused, because the operator may grant nothing that it may not do itself: ${outcome.message}`;
    case "taken":
      return `${outcome.id} exists and is somebody's own: rename it`;
  }
}
