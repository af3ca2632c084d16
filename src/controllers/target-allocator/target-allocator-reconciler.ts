import { type KubeObject, keyOf } from "../../api/meta.ts";
import {
  type DefaultedTargetAllocator,
  withTargetAllocatorDefaults,
} from "../../api/opentelemetry/default-target-allocator.ts";
import type { TargetAllocator, TargetAllocatorStatus } from "../../api/opentelemetry/target-allocator.ts";
import type { OpenTelemetryCollector } from "../../api/opentelemetry/v1beta1.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import type { AllocationHost } from "../allocation-host.ts";
import { knownAllocation } from "../allocation-status.ts";
import type { KnownAllocation } from "../allocation-statements.ts";
import type { ManagedKind, PassReport, Want } from "../managed-kind.ts";
import type { ManifestSettings } from "../manifests/manifest-settings.ts";
import type { ObjectCache } from "../object-cache.ts";
import type { OptionalKinds } from "../optional-kinds.ts";
import type { Trouble } from "../outcome-report.ts";
import { inResourceTerms } from "../resource-terms.ts";
import { ResourceReconciler, type ResourceReconcilerOptions } from "../resource-reconciler.ts";
import type { ApiServerWatch } from "./api-server-watch.ts";
import { attachedCollectors, belongsToAllocator, makerOf, namesOfServed } from "./attachment.ts";
import { openEgressNote } from "./build-network-policy.ts";
import { buildAllocator } from "./build.ts";
import type { Hindrances } from "./hindrances.ts";
import { isLeftAlone } from "./left-alone.ts";
import { WEBHOOK_RETRY_MS } from "../webhook-statement.ts";
import { toAllocatorStatus } from "./status.ts";
import { toAllocatorInput } from "./to-allocator-input.ts";

export interface TargetAllocatorKindOptions {
  /** Holds the TargetAllocators, what they own, and all collectors. */
  readonly cache: ObjectCache;
  readonly allocations: Pick<AllocationHost, "summary">;
  /** Whether there is cert-manager. */
  readonly kinds: Pick<OptionalKinds, "serves">;
  /** What allocators need besides their objects and do not get. */
  readonly hindrances: Pick<Hindrances, "of">;
  readonly apiServer: Pick<ApiServerWatch, "access">;
  readonly settings: ManifestSettings;
  /** Why API servers may get no answer from the operator's webhooks. @default there are none */
  readonly webhookProblem?: (() => string | undefined) | undefined;
}

/** Brings the objects of a TargetAllocator to what it and its collectors say, and its status to what is. */
export function newTargetAllocatorReconciler(
  options: TargetAllocatorKindOptions &
    Omit<ResourceReconcilerOptions<TargetAllocator, DefaultedTargetAllocator>, "kind">,
): ResourceReconciler<TargetAllocator, DefaultedTargetAllocator> {
  return new ResourceReconciler({ ...options, kind: new TargetAllocatorKind(options) });
}

const NOTHING: ReadonlySet<string> = new Set();

class TargetAllocatorKind implements ManagedKind<TargetAllocator, DefaultedTargetAllocator> {
  readonly type = RESOURCES.TargetAllocator;
  readonly #options: TargetAllocatorKindOptions;

  constructor(options: TargetAllocatorKindOptions) {
    this.#options = options;
  }

  isLeftAlone(allocator: TargetAllocator): boolean {
    return isLeftAlone(allocator, this.#options.cache);
  }

  surroundings(allocator: TargetAllocator): unknown {
    const attached = this.#attached(allocator).map(({ metadata: { uid, generation } }) => [uid, generation]);
    return [attached, this.#options.apiServer.access];
  }

  want(found: TargetAllocator): Want<DefaultedTargetAllocator> {
    const allocator = withTargetAllocatorDefaults(found);
    const { settings, kinds, apiServer } = this.#options;
    const cluster = { certManager: kinds.serves(RESOURCES.Certificate.kind) && kinds.serves(RESOURCES.Issuer.kind) };
    const sources = { allocator, attached: this.#attached(found), settings, cluster };
    const { input: known, problems } = toAllocatorInput(sources);
    const input = { ...known, apiServer: apiServer.access };
    const { spec } = allocator;
    const doubts = [openEgressNote(input)].filter((note) => note !== undefined);
    return problems.length === 0
      ? { spec, trouble: undefined, objects: buildAllocator(input), warnings: doubts }
      : { spec, trouble: { reason: "ConfigInvalid", message: problems.join("; ") }, objects: [], warnings: [] };
  }

  defaultedSpec(found: TargetAllocator): DefaultedTargetAllocator["spec"] {
    return withTargetAllocatorDefaults(found).spec;
  }

  /** What a former operator made for the allocator belongs to the collector, until it is taken over. */
  owned(allocator: DefaultedTargetAllocator): readonly KubeObject[] {
    const { cache } = this.#options;
    const former = cache.controlledBy(this.predecessor(allocator) ?? "").filter(belongsToAllocator);
    return [...cache.controlledBy(allocator.metadata.uid ?? ""), ...former];
  }

  kept(): ReadonlySet<string> {
    return NOTHING;
  }

  predecessor(allocator: DefaultedTargetAllocator): string | undefined {
    return makerOf(allocator)?.uid;
  }

  statusOf(allocator: DefaultedTargetAllocator, report: PassReport): TargetAllocatorStatus {
    const served = namesOfServed(allocator, this.#attached(allocator));
    const allocation = this.#allocationOf(allocator, served);
    const hindrance = this.#options.hindrances.of(
      keyOf({ namespace: allocator.metadata.namespace ?? "", name: allocator.metadata.name }),
    );
    const trouble: Trouble | undefined =
      report.trouble ?? (hindrance === undefined ? undefined : { reason: "ApplyFailed", message: hindrance });
    return toAllocatorStatus({
      allocator,
      served,
      allocation,
      report: { ...report, trouble },
      settings: this.#options.settings,
      webhookProblem: this.#options.webhookProblem?.(),
    });
  }

  overdueInMs(status: TargetAllocatorStatus): number | undefined {
    return status.conditions?.some(({ type }) => type === "WebhookReady") === true ? WEBHOOK_RETRY_MS : undefined;
  }

  #attached(allocator: TargetAllocator): readonly OpenTelemetryCollector[] {
    return attachedCollectors(allocator, this.#options.cache.list(RESOURCES.OpenTelemetryCollector));
  }

  #allocationOf(allocator: DefaultedTargetAllocator, served: readonly string[]): KnownAllocation {
    const { metadata, spec, status } = allocator;
    if (served.length === 0 && spec.collectorSelector === undefined) return undefined;
    const summary = this.#options.allocations.summary(
      keyOf({ namespace: metadata.namespace ?? "", name: metadata.name }),
    );
    return knownAllocation(summary === undefined ? undefined : inResourceTerms(summary, "TargetAllocator"), status);
  }
}
