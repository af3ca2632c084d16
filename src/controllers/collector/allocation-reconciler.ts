import { keyOf } from "../../api/meta.ts";
import { withDefaults } from "../../api/opentelemetry/default.ts";
import type { OpenTelemetryCollector } from "../../api/opentelemetry/v1beta1.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import type { AllocationHost } from "../allocation-host.ts";
import type { ManifestSettings } from "../manifests/manifest-settings.ts";
import type { ObjectCache } from "../object-cache.ts";
import { DONE, type Reconciler, type Request, type Result } from "../runtime/reconciler.ts";
import { buildAllocatorFile } from "../target-allocator/build-config-text.ts";
import { toAllocatorInput } from "./build.ts";
import { findProblems } from "./collector-problems.ts";

export interface AllocationReconcilerOptions {
  /** Holds the collectors. */
  readonly cache: ObjectCache;
  readonly allocations: AllocationHost;
  readonly settings: ManifestSettings;
}

/**
 * Runs an allocation in this process for every collector with a target allocator. It writes nothing to the cluster, so
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
    const found: OpenTelemetryCollector | undefined = this.#cache.get(RESOURCES.OpenTelemetryCollector, request);
    if (found === undefined || found.metadata.deletionTimestamp !== undefined) {
      this.#allocations.remove(key);
      return;
    }
    // Left alone means: what runs, runs on. After a restart there is nothing yet to leave alone.
    const leftAlone = found.spec?.managementState === "unmanaged";
    if (leftAlone && this.#allocations.summary(key) !== undefined) return;
    const collector = withDefaults(found);
    const allocator = toAllocatorInput({ collector, settings: this.#settings });
    if (allocator === undefined) {
      this.#allocations.remove(key);
    } else if (findProblems(collector).length === 0) {
      this.#allocations.ensure(key, { ...request, fileText: buildAllocatorFile(allocator) });
    }
    // Otherwise the last valid definition runs on; the collector's condition says what is wrong.
  }
}
