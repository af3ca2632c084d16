import type { ScrapeConfig } from "../allocator/index.ts";
import type { FileReceiver } from "../options/target-allocator-file-receivers.ts";
import type { PreparedJobs, ScrapeConfigBodies } from "./prepared-jobs.ts";

/** What one of the collectors' receivers is served. */
export interface PlannedReceiver {
  readonly scrapeConfigs: ScrapeConfigBodies;
  /** Whether the job is this receiver's. */
  has(job: string): boolean;
}

/** The one receiver of a file that tells none apart. */
const ONLY_RECEIVER: FileReceiver = { name: "prometheus", jobs: [] };

/**
 * Gives the jobs that are served to receivers, by name. The first gets every job that the file gives to no other: those
 * of monitors among them.
 */
export function planReceivers(
  receivers: readonly FileReceiver[],
  { jobs, scrapeConfigs }: { readonly jobs: readonly ScrapeConfig[]; readonly scrapeConfigs: ScrapeConfigBodies },
  prepared: PreparedJobs,
): ReadonlyMap<string, PlannedReceiver> {
  const [first = ONLY_RECEIVER, ...others] = receivers;
  if (others.length === 0) return new Map([[first.name, { has: () => true, scrapeConfigs }]]);
  const owners = new Map(others.flatMap(({ name, jobs: own }) => own.map((job) => [job, name] as const)));
  return new Map(
    [first, ...others].map(({ name }) => {
      const has = (job: string): boolean => (owners.get(job) ?? first.name) === name;
      return [name, { has, scrapeConfigs: prepared.bodies(jobs.filter(({ jobName }) => has(jobName))) }];
    }),
  );
}
