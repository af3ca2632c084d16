import { keyOf, type KubeObject } from "../../api/meta.ts";
import { type DefaultedCollector, withDefaults } from "../../api/opentelemetry/default.ts";
import type { TargetAllocator } from "../../api/opentelemetry/target-allocator.ts";
import type { OpenTelemetryCollector, OpenTelemetryCollectorStatus } from "../../api/opentelemetry/v1beta1.ts";
import { warningsOf } from "../../api/opentelemetry/validate.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import type { ResourceLifecycle } from "../../kube/resource-lifecycle.ts";
import type { AllocationHost, AllocationSummary } from "../allocation-host.ts";
import { knownAllocation } from "../allocation-status.ts";
import type { ManagedKind, PassReport, Want } from "../managed-kind.ts";
import type { ManifestSettings } from "../manifests/manifest-settings.ts";
import { type ObjectCache, objectId } from "../object-cache.ts";
import { inResourceTerms } from "../resource-terms.ts";
import { ResourceReconciler, type ResourceReconcilerOptions } from "../resource-reconciler.ts";
import {
  allocatorInUse,
  belongsToAllocator,
  labelledAllocator,
  wantsOwnAllocator,
} from "../target-allocator/attachment.ts";
import { WEBHOOK_RETRY_MS } from "../webhook-statement.ts";
import { buildCollector } from "./build.ts";
import type { CollectorInput } from "./collector-input.ts";
import { findProblems } from "./collector-problems.ts";
import { keptConfigMaps } from "./kept-config-maps.ts";
import { missingAllocator } from "./missing-allocator.ts";
import { outageOverdueInMs, toStatus } from "./status.ts";
import { findWorkload, formerMode, modeProblem, runningModes, toWorkloadState } from "./workload-status.ts";

export interface CollectorKindOptions {
  /** Of OpenTelemetryCollectors, with our finalizer. */
  readonly lifecycle: ResourceLifecycle;
  /** Holds the collectors, what they own, and all TargetAllocators. */
  readonly cache: ObjectCache;
  readonly allocations: Pick<AllocationHost, "summary">;
  readonly settings: ManifestSettings;
  /** Why API servers may get no answer from the operator's webhooks. @default there are none */
  readonly webhookProblem?: (() => string | undefined) | undefined;
}

/** Brings the objects of an OpenTelemetryCollector to what it says, and its status to what is. */
export function newCollectorReconciler(
  options: CollectorKindOptions & Omit<ResourceReconcilerOptions<OpenTelemetryCollector, DefaultedCollector>, "kind">,
): ResourceReconciler<OpenTelemetryCollector, DefaultedCollector> {
  return new ResourceReconciler({ ...options, kind: new CollectorKind(options) });
}

class CollectorKind implements ManagedKind<OpenTelemetryCollector, DefaultedCollector> {
  readonly type = RESOURCES.OpenTelemetryCollector;
  readonly #options: CollectorKindOptions;

  constructor(options: CollectorKindOptions) {
    this.#options = options;
  }

  isLeftAlone({ spec }: OpenTelemetryCollector): boolean {
    return spec?.managementState === "unmanaged";
  }

  surroundings(collector: OpenTelemetryCollector): unknown {
    const { uid, generation } = this.#namedAllocator(collector)?.metadata ?? {};
    return [uid, generation, runningModes(collector.metadata.name, this.#ownedBy(collector))];
  }

  want(found: OpenTelemetryCollector): Want<DefaultedCollector> {
    const collector = withDefaults(found);
    const allocator = this.#namedAllocator(collector);
    const name = labelledAllocator(collector);
    const warnings = warningsOf(collector);
    if (name !== undefined && allocator === undefined) {
      const trouble = { reason: "AllocatorMissing", message: missingAllocator(collector, name) } as const;
      return { spec: collector.spec, trouble, objects: [], warnings };
    }
    const former = formerMode(collector, this.#ownedBy(collector));
    const { disabledComponents = [] } = this.#options.settings;
    const problems = [
      ...(former === undefined ? [] : [modeProblem(collector, former)]),
      ...findProblems(collector, { namedAllocator: allocator, cluster: { disabledComponents } }),
    ];
    const { spec } = collector;
    return problems.length === 0
      ? { spec, trouble: undefined, objects: buildCollector(this.#inputOf(collector)), warnings }
      : { spec, trouble: { reason: "ConfigInvalid", message: problems.join("; ") }, objects: [], warnings };
  }

  defaultedSpec(found: OpenTelemetryCollector): DefaultedCollector["spec"] {
    return withDefaults(found).spec;
  }

  owned(collector: DefaultedCollector): readonly KubeObject[] {
    return this.#ownedBy(collector);
  }

  kept(
    collector: DefaultedCollector,
    owned: readonly KubeObject[],
    desired: readonly KubeObject[],
  ): ReadonlySet<string> {
    const configMaps = keptConfigMaps(collector, owned, desired);
    // What a former operator made for the allocator under the collector's own name is the TargetAllocator's now.
    return wantsOwnAllocator(collector) ? new Set([...configMaps, ...ofAllocator(owned)]) : configMaps;
  }

  predecessor(): undefined {
    return undefined;
  }

  statusOf(collector: DefaultedCollector, report: PassReport): OpenTelemetryCollectorStatus {
    const { trouble, warnings, objects, appliedHash, now } = report;
    const mode = formerMode(collector, objects) ?? collector.spec.mode;
    const workload = findWorkload({ ...collector, spec: { ...collector.spec, mode } }, objects);
    const allocator = allocatorInUse(collector);
    return toStatus({
      ...this.#inputOf(collector),
      observation: {
        mode,
        workload: workload === undefined ? undefined : toWorkloadState(workload),
        trouble,
        warnings,
        webhookProblem: this.#options.webhookProblem?.(),
        allocation:
          allocator === undefined
            ? undefined
            : knownAllocation(this.#summaryOf(collector, allocator), collector.status),
      },
      appliedHash,
      previous: collector.status,
      now,
    });
  }

  overdueInMs(status: OpenTelemetryCollectorStatus, now: number): number | undefined {
    const unanswered = status.conditions?.some(({ type }) => type === "WebhookReady") === true;
    return unanswered ? WEBHOOK_RETRY_MS : outageOverdueInMs(status, now);
  }

  #ownedBy({ metadata }: OpenTelemetryCollector): readonly KubeObject[] {
    return this.#options.cache.controlledBy(metadata.uid ?? "");
  }

  #inputOf(collector: DefaultedCollector): CollectorInput {
    return { collector, settings: this.#options.settings, namedAllocator: this.#namedAllocator(collector) };
  }

  /** The TargetAllocator that the collector's label names, if there is one. */
  #namedAllocator(collector: OpenTelemetryCollector): TargetAllocator | undefined {
    const { namespace = "" } = collector.metadata;
    const name = labelledAllocator(collector);
    return name === undefined ? undefined : this.#options.cache.get(RESOURCES.TargetAllocator, { namespace, name });
  }

  #summaryOf({ metadata }: OpenTelemetryCollector, allocator: string): AllocationSummary | undefined {
    const summary = this.#options.allocations.summary(keyOf({ namespace: metadata.namespace ?? "", name: allocator }));
    return summary === undefined ? undefined : inResourceTerms(summary, "OpenTelemetryCollector");
  }
}

function ofAllocator(owned: readonly KubeObject[]): readonly string[] {
  return owned.filter(belongsToAllocator).map(objectId);
}
