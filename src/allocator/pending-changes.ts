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

  get isEmpty(): boolean {
    return this.jobs === undefined && this.collectors === undefined && this.providers.size === 0;
  }

  updateGroups(job: string, provider: string, groups: readonly TargetGroup[]): void {
    if (groups.length > 0) this.#provider(job, provider).add(groups);
  }

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

/** Reports of one provider, joined only when they are read. */
class PendingProvider implements ProviderChange {
  #replaces = false;
  #reports: (readonly TargetGroup[])[] = [];

  get replaces(): boolean {
    return this.#replaces;
  }

  /** Of several groups with one source the latest. */
  get groups(): readonly TargetGroup[] {
    const [only, ...others] = this.#reports;
    if (only !== undefined && others.length === 0) return only;
    return [...new Map(this.#reports.flat().map((group) => [group.source, group])).values()];
  }

  add(groups: readonly TargetGroup[]): void {
    this.#reports.push(groups);
  }

  /** Forgets what was reported, and says so. */
  clear(): void {
    this.#replaces = true;
    this.#reports = [];
  }
}
