import type { CollectorInstance } from "./collector-instance.ts";
import type { JobDefinition } from "./job-definition.ts";
import type { ProviderChange } from "./targets/job-targets.ts";
import type { TargetGroup } from "./targets/target-group.ts";

/** What the inputs of the engine became since the last pass began; of several values the latest. */
export class PendingChanges {
  jobs: readonly JobDefinition[] | undefined;
  collectors: readonly CollectorInstance[] | undefined;
  /** By job, then by provider. */
  readonly providers = new Map<string, Map<string, PendingProvider>>();
  /** What was measured of targets, by job, then by instance. */
  readonly weights = new Map<string, ReadonlyMap<string, number>>();
  /** How many targets may be moved to even out the loads. */
  moves = 0;

  get isEmpty(): boolean {
    const nothingFound = this.providers.size === 0 && this.weights.size === 0;
    return nothingFound && this.jobs === undefined && this.collectors === undefined && this.moves === 0;
  }

  /** See Allocator.updateGroups. */
  updateGroups(job: string, provider: string, groups: readonly TargetGroup[]): void {
    if (groups.length > 0) this.#provider(job, provider).add(groups);
  }

  /** See Allocator.removeProvider. */
  removeProvider(job: string, provider: string): void {
    this.#provider(job, provider).clear();
  }

  #provider(job: string, provider: string): PendingProvider {
    let byProvider = this.providers.get(job);
    if (byProvider === undefined) {
      byProvider = new Map();
      this.providers.set(job, byProvider);
    }
    let change = byProvider.get(provider);
    if (change === undefined) {
      change = new PendingProvider();
      byProvider.set(provider, change);
    }
    return change;
  }
}

/** Reports of one provider. The first one, which is often the full set, is kept as it is. */
class PendingProvider implements ProviderChange {
  #replaces = false;
  #report: readonly TargetGroup[] = [];
  /** The latest group of each source that later reports tell of. */
  readonly #later = new Map<string, TargetGroup>();

  get replaces(): boolean {
    return this.#replaces;
  }

  get groups(): Iterable<TargetGroup> {
    return this.#later.size === 0 ? this.#report : this.#latest();
  }

  /** Notes a report. Its array is kept, not copied. */
  add(groups: readonly TargetGroup[]): void {
    if (this.#report.length === 0) this.#report = groups;
    else for (const group of groups) this.#later.set(group.source, group);
  }

  /** Forgets what was reported, and says so. */
  clear(): void {
    this.#replaces = true;
    this.#report = [];
    this.#later.clear();
  }

  *#latest(): Generator<TargetGroup, void> {
    for (const group of this.#report) if (!this.#later.has(group.source)) yield group;
    yield* this.#later.values();
  }
}
