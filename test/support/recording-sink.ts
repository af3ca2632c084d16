import type { DiscoverySink, TargetGroup } from "../../src/allocator/index.ts";

/** Keeps what a discoverer reports, and what is known after it. */
export class RecordingSink implements DiscoverySink {
  readonly updates: (readonly TargetGroup[])[] = [];
  readonly failures: Error[] = [];
  /** Groups with targets, by source. */
  readonly groups = new Map<string, TargetGroup>();
  /** The message of the failure that no update has cleared since. */
  failing: string | undefined;

  update(groups: readonly TargetGroup[], failure?: Error): void {
    this.updates.push(groups);
    if (failure !== undefined) this.failures.push(failure);
    this.failing = failure?.message;
    for (const group of groups) {
      if (group.targets.length === 0) this.groups.delete(group.source);
      else this.groups.set(group.source, group);
    }
  }

  failed(error: Error): void {
    this.failures.push(error);
    this.failing = error.message;
  }

  /** The sources of each update, in order. */
  get sources(): readonly (readonly string[])[] {
    return this.updates.map((groups) => groups.map(({ source }) => source));
  }
}
