import type { ServedAllocation } from "../served-allocation.ts";

/** Everything that the page of one collector shows. */
export interface CollectorPageView {
  readonly name: string;
  readonly nodeName: string;
  readonly targets: number;
  /** The jobs that it has targets of, by name. */
  readonly jobs: readonly { readonly name: string; readonly targets: number }[];
}

/** The page of one collector; undefined when there is none of that name. */
export function toCollectorView(allocation: ServedAllocation, name: string): CollectorPageView | undefined {
  const snapshot = allocation.snapshot();
  const collector = snapshot.collectors.find((candidate) => candidate.name === name);
  if (collector === undefined) return undefined;
  const jobs = [...snapshot.jobs.values()].flatMap((job) => {
    const shard = job.byCollector.get(name);
    return shard === undefined ? [] : [{ name: job.name, targets: shard.targets.length }];
  });
  return { name, nodeName: collector.nodeName, targets: snapshot.targetsByCollector.get(name) ?? 0, jobs };
}
