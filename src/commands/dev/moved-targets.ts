import { type AllocationSnapshot, type AssignedTarget, mergedLabels } from "../../allocator/index.ts";

/** How many targets have another collector than before. Those that came or went do not count. */
export function countMoved(before: AllocationSnapshot, after: AllocationSnapshot): number {
  const owners = new Map<string, string>();
  for (const [id, owner] of ownersOf(before)) owners.set(id, owner);
  let moved = 0;
  for (const [id, owner] of ownersOf(after)) {
    const former = owners.get(id);
    if (former !== undefined && former !== owner) moved += 1;
  }
  return moved;
}

function* ownersOf(snapshot: AllocationSnapshot): Generator<readonly [target: string, owner: string]> {
  for (const job of snapshot.jobs.values()) {
    for (const [collector, { targets }] of job.byCollector) {
      for (const target of targets) yield [identityOf(job.name, target), collector];
    }
  }
}

function identityOf(job: string, { groupLabels, ownLabels }: AssignedTarget): string {
  const { layout, values } = mergedLabels(groupLabels, ownLabels);
  return JSON.stringify([job, layout.names, values]);
}
