import { type KubeObject, keyOf } from "../../api/meta.ts";
import { type ComponentRule, componentRules } from "../../api/opentelemetry/component-rules.ts";
import { type DefaultedCollector, withDefaults } from "../../api/opentelemetry/default.ts";
import type { OpenTelemetryCollector } from "../../api/opentelemetry/v1beta1.ts";
import { problemsOf } from "../../api/opentelemetry/validate.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import type { KubeClient } from "../../kube/client.ts";
import type { ResourceLifecycle } from "../../kube/resource-lifecycle.ts";
import { type ClusterGrants, grantAnnotation, type GrantOutcome, granteeOf } from "../cluster-grants.ts";
import { changedBy, type GrantFailure, GrantLifecycle, nextLook, untilSettled } from "../grant-lifecycle.ts";
import type { ManifestSettings } from "../manifests/manifest-settings.ts";
import { clusterRoleBindingName, clusterRoleName } from "../manifests/names.ts";
import type { ObjectCache } from "../object-cache.ts";
import type { EventRecorder } from "../runtime/event-recorder.ts";
import { DONE, type ReconcileContext, type Reconciler, type Request, type Result } from "../runtime/reconciler.ts";
import { buildClusterRole, collectorAccount } from "./build-cluster-role.ts";
import { COLLECTOR_FINALIZER } from "../finalizer.ts";

const COMPONENT = "opentelemetry-collector";

export interface ClusterRoleReconcilerOptions {
  readonly client: KubeClient;
  /** Of OpenTelemetryCollectors, with the finalizer {@link COLLECTOR_FINALIZER}. */
  readonly lifecycle: ResourceLifecycle;
  /** Holds the collectors. */
  readonly cache: ObjectCache;
  readonly grants: ClusterGrants;
  readonly events: EventRecorder;
  readonly settings: ManifestSettings;
}

/**
 * Grants the account of collectors what their configuration needs, where the operator may do so: a ClusterRole and its
 * binding for each collector whose components ask something of the API server. They go with the need, or with the
 * collector, which a finalizer holds as long as they are there. It never holds a collector for want of rights.
 */
export class ClusterRoleReconciler implements Reconciler {
  readonly #options: ClusterRoleReconcilerOptions;
  readonly #granting: GrantLifecycle;
  /** By key, what was told last: a pass that finds the same tells nothing. */
  readonly #told = new Map<string, string>();

  constructor(options: ClusterRoleReconcilerOptions) {
    this.#options = options;
    this.#granting = new GrantLifecycle({
      ...options,
      type: RESOURCES.OpenTelemetryCollector,
      finalizer: COLLECTOR_FINALIZER,
      component: COMPONENT,
      leftNote,
    });
  }

  async reconcile(request: Request, { signal }: ReconcileContext): Promise<Result> {
    const found: OpenTelemetryCollector | undefined = this.#options.cache.get(
      RESOURCES.OpenTelemetryCollector,
      request,
    );
    if (found === undefined) {
      this.#told.delete(keyOf(request));
      return DONE;
    }
    return untilSettled(async () => this.#pass(found, signal));
  }

  async #pass(found: OpenTelemetryCollector, signal: AbortSignal): Promise<Result> {
    if (found.metadata.deletionTimestamp !== undefined) return this.#granting.release(found, signal);
    const collector = withDefaults(found);
    // What runs goes on with the last valid configuration, and needs what that needed.
    const { settings } = this.#options;
    const { disabledComponents = [] } = settings;
    const problems = problemsOf(collector, { disabledComponents });
    if (collector.spec.managementState === "unmanaged" || problems.length > 0) return DONE;
    const grantee = granteeOf(collector, COMPONENT);
    const desired = buildClusterRole({ collector, settings }, grantAnnotation(grantee));
    if (desired.length === 0) return this.#withdraw(found, signal);
    return this.#notGranted(collector, await this.#granting.grant(found, desired, signal));
  }

  /** Nothing is needed any more. */
  async #withdraw(found: OpenTelemetryCollector, signal: AbortSignal): Promise<Result> {
    const { namespace = "", name } = found.metadata;
    this.#told.delete(keyOf({ namespace, name }));
    const outcome = await this.#granting.withdraw(found, signal);
    this.#tellDone(found, outcome);
    return outcome.kind === "done" ? DONE : nextLook(outcome);
  }

  #notGranted(collector: DefaultedCollector, outcome: GrantOutcome): Result {
    const { namespace = "", name } = collector.metadata;
    const key = keyOf({ namespace, name });
    this.#tellDone(collector, outcome);
    if (outcome.kind === "done") {
      this.#told.delete(key);
      return nextLook(outcome);
    }
    const note = missingNote(collector, outcome);
    if (this.#told.get(key) !== note) {
      this.#options.events.record(collector, { type: "Warning", reason: "PermissionsNotGranted", note });
    }
    this.#told.set(key, note);
    return nextLook(outcome);
  }

  #tellDone(collector: OpenTelemetryCollector, outcome: GrantOutcome): void {
    const changed = changedBy(outcome);
    if (changed.length === 0) return;
    const note = `cluster-wide permissions follow the configuration: ${changed.join(", ")}`;
    this.#options.events.record(collector, { type: "Normal", reason: "PermissionsChanged", note });
  }
}

function missingNote(collector: DefaultedCollector, failure: GrantFailure): string {
  const rules = componentRules(collector.spec.config).map(describeRule).join("; ");
  const account = `ServiceAccount ${collectorAccount(collector)}`;
  return `${account} needs for its configuration: ${rules}. The operator does not grant it: ${reasonOf(failure)}`;
}

function describeRule({ apiGroups: [group], resources, verbs }: ComponentRule): string {
  return `${verbs.join(",")} ${resources.join(",")}${group === "" ? "" : ` (${group})`}`;
}

function reasonOf(failure: GrantFailure): string {
  switch (failure.kind) {
    case "not-allowed":
      return "it may not manage clusterroles and clusterrolebindings. Bind a ClusterRole of these rules to the account, or allow the operator (docs/permissions.md)";
    case "refused":
      return `the API server refused it: ${failure.message}. The operator must hold itself what it grants`;
    case "incomplete":
      return `namespaces are not there: ${failure.namespaces.join(", ")}`;
    case "taken":
      return `${failure.id} exists and is not this collector's; rename one of the two`;
  }
}

function leftNote({ metadata: { name, namespace = "" } }: KubeObject, failure: GrantFailure): string {
  const names = `ClusterRole ${clusterRoleName(name, namespace)} and ClusterRoleBinding ${clusterRoleBindingName(name, namespace)}`;
  return `${names} may be left: ${failure.kind === "refused" ? failure.message : "the operator may not remove them"}. Delete them if they are there`;
}
