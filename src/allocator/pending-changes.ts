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
    if (groups.length === 0) return;
    const bySource = this.#provider(job, provider).groups;
    for (const group of groups) bySource.set(group.source, group);
  }

  removeProvider(job: string, provider: string): void {
    const change = this.#provider(job, provider);
    change.replaces = true;
    change.groups.clear();
  }

  #provider(job: string, provider: string): PendingProvider {
    let byProvider = this.providers.get(job);
    if (byProvider === undefined) {
      byProvider = new Map();
      this.providers.set(job, byProvider);
    }
    let change = byProvider.get(provider);
    if (change === undefined) {
      change = { replaces: false, groups: new Map() };
      byProvider.set(provider, change);
    }
    return change;
  }
}

interface PendingProvider extends ProviderChange {
  replaces: boolean;
  readonly groups: Map<string, TargetGroup>;
}
