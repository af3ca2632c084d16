import { keyOf } from "../../api/meta.ts";
import { withTargetAllocatorDefaults } from "../../api/opentelemetry/default-target-allocator.ts";
import type { TargetAllocator } from "../../api/opentelemetry/target-allocator.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import type { AllocationHost } from "../allocation-host.ts";
import type { ManifestSettings } from "../manifests/manifest-settings.ts";
import type { ObjectCache } from "../object-cache.ts";
import { DONE, type Reconciler, type Request, type Result } from "../runtime/reconciler.ts";
import { attachedCollectors, namesOfServed } from "./attachment.ts";
import { buildAllocatorFile } from "./build-config-text.ts";
import { isLeftAlone } from "./left-alone.ts";
import { toAllocatorInput } from "./to-allocator-input.ts";

export interface AllocationReconcilerOptions {
  /** Holds the TargetAllocators and the collectors. */
  readonly cache: ObjectCache;
  readonly allocations: AllocationHost;
  readonly settings: ManifestSettings;
}

/**
 * Runs an allocation in this process for every TargetAllocator that collectors use. It writes nothing to the cluster, so
 * every replica does it, whoever leads: each can answer for all collectors.
 */
export class AllocationReconciler implements Reconciler {
  readonly #cache: ObjectCache;
  readonly #allocations: AllocationHost;
  readonly #settings: ManifestSettings;

  constructor({ cache, allocations, settings }: AllocationReconcilerOptions) {
    this.#cache = cache;
    this.#allocations = allocations;
    this.#settings = settings;
  }

  reconcile(request: Request): Promise<Result> {
    this.#decide(request);
    return Promise.resolve(DONE);
  }

  #decide(request: Request): void {
    const key = keyOf(request);
    const found: TargetAllocator | undefined = this.#cache.get(RESOURCES.TargetAllocator, request);
    if (found === undefined || found.metadata.deletionTimestamp !== undefined) {
      this.#allocations.remove(key);
      return;
    }
    // Left alone means: what runs, runs on. After a restart there is nothing yet to leave alone.
    if (isLeftAlone(found, this.#cache) && this.#allocations.summary(key) !== undefined) return;
    const allocator = withTargetAllocatorDefaults(found);
    const attached = attachedCollectors(found, this.#cache.list(RESOURCES.OpenTelemetryCollector));
    const { input, problems } = toAllocatorInput({ allocator, attached, settings: this.#settings });
    if (input.collectorSelector === undefined) {
      this.#allocations.remove(key);
    } else if (problems.length === 0) {
      const collectors = namesOfServed(found, attached);
      this.#allocations.ensure(key, { ...request, collectors, fileText: buildAllocatorFile(input) });
    }
    // Otherwise the last valid definition runs on; the conditions say what is wrong.
  }
}
