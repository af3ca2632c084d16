import { withDefaults } from "../../api/opentelemetry/default.ts";
import { upgradeSpec } from "../../api/opentelemetry/upgrade.ts";
import type { OpenTelemetryCollector } from "../../api/opentelemetry/v1beta1.ts";
import { problemsOf } from "../../api/opentelemetry/validate.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import type { KubeClient } from "../../kube/client.ts";
import { ConflictError, ForbiddenError, InvalidError, NotFoundError } from "../../kube/errors.ts";
import { mergePatchBetween } from "../../kube/merge-patch.ts";
import { imageVersion, UPGRADE_ANNOTATION } from "../manifests/labels.ts";
import type { ManifestSettings } from "../manifests/manifest-settings.ts";
import type { ObjectCache } from "../object-cache.ts";
import type { EventRecorder } from "../runtime/event-recorder.ts";
import { DONE, type ReconcileContext, type Reconciler, type Request, type Result } from "../runtime/reconciler.ts";

export interface UpgradeReconcilerOptions {
  readonly client: KubeClient;
  /** Holds the collectors. */
  readonly cache: Pick<ObjectCache, "get">;
  readonly events: EventRecorder;
  readonly settings: Pick<ManifestSettings, "collectorImage">;
}

/** Somebody else has written the collector: the cache will know in a moment. */
const CONFLICT_RETRY_MS = 250;

/**
 * Brings configurations of older collectors to what this operator's collector takes, once. The status says which version
 * a configuration is of; it moves when there is nothing left to do, and never back: a configuration of a newer operator
 * stays as it is, and is run.
 */
export class UpgradeReconciler implements Reconciler {
  readonly #options: UpgradeReconcilerOptions;

  constructor(options: UpgradeReconcilerOptions) {
    this.#options = options;
  }

  async reconcile(request: Request, { signal }: ReconcileContext): Promise<Result> {
    const found: OpenTelemetryCollector | undefined = this.#options.cache.get(
      RESOURCES.OpenTelemetryCollector,
      request,
    );
    if (found === undefined || !isToBeUpgraded(found)) return DONE;
    try {
      await this.#upgrade(found, signal);
      return DONE;
    } catch (error) {
      if (error instanceof NotFoundError) return DONE;
      // An edit that came in between wins; the upgrade is of what it left.
      if (error instanceof ConflictError) return { requeueAfterMs: CONFLICT_RETRY_MS };
      throw error;
    }
  }

  async #upgrade(found: OpenTelemetryCollector, signal: AbortSignal): Promise<void> {
    const { client, events, settings } = this.#options;
    const { spec, status, metadata } = found;
    const [from, to] = [status?.version ?? "", imageVersion(settings.collectorImage)];
    if (spec === undefined || from === "") return;
    const upgrade = upgradeSpec(spec, from, to);
    if (upgrade.changes.length === 0) return;
    const record = `${from} to ${to}: ${upgrade.changes.join("; ")}`;
    const { namespace = "", name, resourceVersion } = metadata;
    const patch = {
      metadata: { resourceVersion, annotations: { [UPGRADE_ANNOTATION]: record } },
      spec: mergePatchBetween(spec, upgrade.spec),
    };
    try {
      await client.mergePatch(RESOURCES.OpenTelemetryCollector, { namespace, name }, patch, signal);
    } catch (error) {
      if (!(error instanceof ForbiddenError || error instanceof InvalidError)) throw error;
      const note = `automated update not possible, from ${record}. The API server refused it: ${error.message}`;
      events.record(found, { type: "Warning", reason: "UpgradeRefused", action: "Upgrade", note });
      return;
    }
    events.record(found, { type: "Normal", reason: "Upgraded", action: "Upgrade", note: `from ${record}` });
  }
}

/** What cannot be read is not written. */
function isToBeUpgraded(found: OpenTelemetryCollector): boolean {
  if (found.metadata.deletionTimestamp !== undefined) return false;
  const collector = withDefaults(found);
  const { managementState, upgradeStrategy } = collector.spec;
  return managementState !== "unmanaged" && upgradeStrategy !== "none" && problemsOf(collector).length === 0;
}
