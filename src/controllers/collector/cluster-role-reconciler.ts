import { keyOf } from "../../api/meta.ts";
import { type ComponentRule, componentRules } from "../../api/opentelemetry/component-rules.ts";
import { type DefaultedCollector, withDefaults } from "../../api/opentelemetry/default.ts";
import type { OpenTelemetryCollector } from "../../api/opentelemetry/v1beta1.ts";
import { problemsOf } from "../../api/opentelemetry/validate.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import type { KubeClient } from "../../kube/client.ts";
import { ConflictError, ForbiddenError, InvalidError, NotFoundError } from "../../kube/errors.ts";
import type { ResourceLifecycle } from "../../kube/resource-lifecycle.ts";
import { type ClusterGrants, grantAnnotation, type GrantOutcome, granteeOf } from "../cluster-grants.ts";
import type { ManifestSettings } from "../manifests/manifest-settings.ts";
import { clusterRoleBindingName, clusterRoleName } from "../manifests/names.ts";
import type { ObjectCache } from "../object-cache.ts";
import type { EventRecorder } from "../runtime/event-recorder.ts";
import { DONE, type ReconcileContext, type Reconciler, type Request, type Result } from "../runtime/reconciler.ts";
import { buildClusterRole, collectorAccount } from "./build-cluster-role.ts";
import { COLLECTOR_FINALIZER } from "./collector-reconciler.ts";

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

/** Rights may be given at any time, and nobody tells. */
const RIGHTS_RETRY_MS = 300_000;
/** Somebody else has written the collector: the cache will know in a moment. */
const CONFLICT_RETRY_MS = 250;

/**
 * Grants the account of collectors what their configuration needs, where the operator may do so: a ClusterRole and its
 * binding for each collector whose components ask something of the API server. They go with the need, or with the
 * collector, which a finalizer holds as long as they are there. It never holds a collector for want of rights.
 */
export class ClusterRoleReconciler implements Reconciler {
  readonly #options: ClusterRoleReconcilerOptions;
  /** By key, what was told last: a pass that finds the same tells nothing. */
  readonly #told = new Map<string, string>();

  constructor(options: ClusterRoleReconcilerOptions) {
    this.#options = options;
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
    try {
      return await this.#pass(found, signal);
    } catch (error) {
      if (error instanceof NotFoundError) return DONE;
      if (error instanceof ConflictError) return { requeueAfterMs: CONFLICT_RETRY_MS };
      throw error;
    }
  }

  async #pass(found: OpenTelemetryCollector, signal: AbortSignal): Promise<Result> {
    if (found.metadata.deletionTimestamp !== undefined) return this.#release(found, signal);
    const collector = withDefaults(found);
    // What runs goes on with the last valid configuration, and needs what that needed.
    const { settings } = this.#options;
    const { disabledComponents = [] } = settings;
    const problems = problemsOf(collector, { disabledComponents });
    if (collector.spec.managementState === "unmanaged" || problems.length > 0) return DONE;
    const grantee = granteeOf(collector, "opentelemetry-collector");
    const desired = buildClusterRole({ collector, settings }, grantAnnotation(grantee));
    if (desired.length === 0) return this.#withdraw(found, signal);
    const { grants } = this.#options;
    if (!(await grants.permitted(signal))) return this.#notGranted(collector, { kind: "not-allowed" });
    const refusal = await this.#mark(found, signal);
    return this.#notGranted(collector, refusal ?? (await grants.apply(grantee, desired, signal)));
  }

  /**
   * Before there is anything to remove: should this process end in between, it is known that there may be. An admission
   * webhook may be against it, since it is the operator then that writes a configuration with such needs.
   */
  async #mark(found: OpenTelemetryCollector, signal: AbortSignal): Promise<GrantOutcome | undefined> {
    try {
      await this.#options.lifecycle.finalize(found, async () => Promise.resolve(), signal);
      return undefined;
    } catch (error) {
      if (!(error instanceof ForbiddenError || error instanceof InvalidError)) throw error;
      return { kind: "refused", message: error.message };
    }
  }

  /** Nothing is needed any more. What carries no finalizer has been given nothing. */
  async #withdraw(found: OpenTelemetryCollector, signal: AbortSignal): Promise<Result> {
    const { finalizers = [], namespace = "", name, resourceVersion } = found.metadata;
    this.#told.delete(keyOf({ namespace, name }));
    if (!finalizers.includes(COLLECTOR_FINALIZER)) return DONE;
    const { grants, client } = this.#options;
    const outcome = await grants.remove(granteeOf(found, "opentelemetry-collector"), signal);
    // It stays marked: the rights to remove what is left may come back.
    if (outcome.kind !== "done") return DONE;
    this.#tellDone(found, outcome);
    const metadata = { resourceVersion, finalizers: finalizers.filter((each) => each !== COLLECTOR_FINALIZER) };
    await client.mergePatch(RESOURCES.OpenTelemetryCollector, { namespace, name }, { metadata }, signal);
    return DONE;
  }

  async #release(found: OpenTelemetryCollector, signal: AbortSignal): Promise<Result> {
    if (found.metadata.finalizers?.includes(COLLECTOR_FINALIZER) !== true) return DONE;
    const { grants, lifecycle, events } = this.#options;
    const cleanup = async (): Promise<void> => {
      const outcome = await grants.remove(granteeOf(found, "opentelemetry-collector"), signal);
      if (outcome.kind === "done") return;
      events.record(found, { type: "Warning", reason: "ClusterRoleLeft", note: leftNote(found, outcome) });
    };
    await lifecycle.finalize(found, cleanup, signal);
    return DONE;
  }

  #notGranted(collector: DefaultedCollector, outcome: GrantOutcome): Result {
    const { namespace = "", name } = collector.metadata;
    const key = keyOf({ namespace, name });
    if (outcome.kind === "done") {
      this.#told.delete(key);
      this.#tellDone(collector, outcome);
      return DONE;
    }
    const note = missingNote(collector, outcome);
    if (this.#told.get(key) !== note) {
      this.#options.events.record(collector, { type: "Warning", reason: "PermissionsNotGranted", note });
    }
    this.#told.set(key, note);
    return { requeueAfterMs: RIGHTS_RETRY_MS };
  }

  #tellDone(collector: OpenTelemetryCollector, outcome: GrantOutcome): void {
    if (outcome.kind !== "done" || outcome.changed.length === 0) return;
    const note = `cluster-wide permissions follow the configuration: ${outcome.changed.join(", ")}`;
    this.#options.events.record(collector, { type: "Normal", reason: "PermissionsChanged", note });
  }
}

type Failure = Exclude<GrantOutcome, { readonly kind: "done" }>;

function missingNote(collector: DefaultedCollector, failure: Failure): string {
  const rules = componentRules(collector.spec.config).map(describeRule).join("; ");
  const account = `ServiceAccount ${collectorAccount(collector)}`;
  return `${account} needs for its configuration: ${rules}. The operator does not grant it: ${reasonOf(failure)}`;
}

function describeRule({ apiGroups: [group], resources, verbs }: ComponentRule): string {
  return `${verbs.join(",")} ${resources.join(",")}${group === "" ? "" : ` (${group})`}`;
}

function reasonOf(failure: Failure): string {
  switch (failure.kind) {
    case "not-allowed":
      return "it may not manage clusterroles and clusterrolebindings. Bind a ClusterRole of these rules to the account, or allow the operator (docs/permissions.md)";
    case "refused":
      return `the API server refused it: ${failure.message}. The operator must hold itself what it grants`;
    case "taken":
      return `${failure.id} exists and is not this collector's; rename one of the two`;
  }
}

function leftNote({ metadata: { name, namespace = "" } }: OpenTelemetryCollector, failure: Failure): string {
  const names = `ClusterRole ${clusterRoleName(name, namespace)} and ClusterRoleBinding ${clusterRoleBindingName(name, namespace)}`;
  return `${names} may be left: ${failure.kind === "refused" ? failure.message : "the operator may not remove them"}. Delete them if they are there`;
}
