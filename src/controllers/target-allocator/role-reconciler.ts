import { keyOf } from "../../api/meta.ts";
import { withTargetAllocatorDefaults } from "../../api/opentelemetry/default-target-allocator.ts";
import type { TargetAllocator } from "../../api/opentelemetry/target-allocator.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { ResourceLifecycle } from "../../kube/resource-lifecycle.ts";
import type { ClusterGrants, GrantOutcome } from "../cluster-grants.ts";
import { COLLECTOR_FINALIZER } from "../finalizer.ts";
import { changedBy, type GrantFailure, GrantLifecycle, nextLook, untilSettled } from "../grant-lifecycle.ts";
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

/**
 * Makes the roles of allocators that ask for them (`rbac.create`), and removes them when nobody does any more. A finalizer
 * holds the TargetAllocator for as long as there may be roles, and only so long. For want of rights it holds nobody.
 */
export class RoleReconciler implements Reconciler {
  readonly #options: RoleReconcilerOptions;
  readonly #granting: GrantLifecycle;

  constructor(options: RoleReconcilerOptions) {
    this.#options = options;
    this.#granting = new GrantLifecycle({
      ...options,
      type: RESOURCES.TargetAllocator,
      finalizer: COLLECTOR_FINALIZER,
      component: "opentelemetry-targetallocator",
      leftNote: (_found, failure) => `roles of this allocator may be left: ${reasonOf(failure)}`,
    });
  }

  async reconcile(request: Request, { signal }: ReconcileContext): Promise<Result> {
    const { cache, hindrances } = this.#options;
    const found: TargetAllocator | undefined = cache.get(RESOURCES.TargetAllocator, request);
    if (found === undefined) {
      hindrances.tell(keyOf(request), "roles", undefined);
      return DONE;
    }
    return untilSettled(async () => this.#pass(found, signal));
  }

  async #pass(found: TargetAllocator, signal: AbortSignal): Promise<Result> {
    if (found.metadata.deletionTimestamp !== undefined) return this.#granting.release(found, signal);
    if (isLeftAlone(found, this.#options.cache)) return DONE;
    const desired = this.#desired(found);
    // What runs goes on with the last valid configuration, and needs what that needed.
    if (desired === undefined) return DONE;
    if (desired.length > 0) return this.#tell(found, await this.#granting.grant(found, desired, signal));
    const outcome = await this.#granting.withdraw(found, signal);
    this.#tell(found, outcome);
    return outcome.kind === "done" ? DONE : nextLook(outcome);
  }

  /** Undefined when the resource cannot be run. */
  #desired(found: TargetAllocator): readonly Manifest[] | undefined {
    const allocator = withTargetAllocatorDefaults(found);
    const attached = attachedCollectors(found, this.#options.cache.list(RESOURCES.OpenTelemetryCollector));
    const { input, problems } = toAllocatorInput({ allocator, attached, settings: this.#options.settings });
    return problems.length === 0 ? buildRoles(input) : undefined;
  }

  #tell(found: TargetAllocator, outcome: GrantOutcome): Result {
    const { hindrances, events } = this.#options;
    const { namespace = "", name } = found.metadata;
    const changed = changedBy(outcome);
    if (changed.length > 0) {
      const note = `applied or removed ${changed.join(", ")}`;
      events.record(found, { type: "Normal", reason: "PermissionsChanged", note });
    }
    const hindrance = outcome.kind === "done" ? undefined : `spec.rbac.create: ${reasonOf(outcome)}`;
    hindrances.tell(keyOf({ namespace, name }), "roles", hindrance);
    return nextLook(outcome);
  }
}

function reasonOf(outcome: GrantFailure): string {
  switch (outcome.kind) {
    case "not-allowed":
      return (
        "the operator may not look after roles; bind the ClusterRole opentelemetry-operator-granting-role to its account " +
        "(config/rbac-optional/granting), or make the roles yourself"
      );
    case "refused":
      return `a role was refused, because the operator may grant nothing that it may not do itself: ${outcome.message}`;
    case "incomplete":
      return (
        `the roles for these namespaces wait until they are there: ${outcome.namespaces.join(", ")}. Create them, or take ` +
        "them out of the configuration"
      );
    case "taken":
      return `${outcome.id} exists and is somebody's own: rename it`;
  }
}
