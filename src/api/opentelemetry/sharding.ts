import { componentType, isFreeForm, settingsOf } from "./components.ts";
import type { CollectorConfig, TargetAllocatorSpec } from "./v1beta1.ts";

/** Which receivers take their targets from an allocator, and which of their jobs do not. */
export type Sharding = Pick<TargetAllocatorSpec, "receivers" | "unshardedJobs">;

/** The receiver that takes its targets from the allocator when a resource names none: the only one in the Go operator. */
export const USUAL_RECEIVER = "prometheus";

/** The ids of the receivers that take their targets from the allocator. The first gets those of monitors too. */
export function shardedReceivers({ receivers = [] }: Sharding): readonly string[] {
  return receivers.length === 0 ? [USUAL_RECEIVER] : receivers;
}

/** Whether receivers are told apart; otherwise there is only the usual one, and it asks for everything. */
export function tellsReceiversApart(sharding: Sharding): boolean {
  const [first, ...others] = shardedReceivers(sharding);
  return first !== USUAL_RECEIVER || others.length > 0;
}

/** The jobs that a receiver would scrape by itself, as they are written; empty when there are none to be read. */
export function jobsOfReceiver(config: CollectorConfig, id: string): readonly unknown[] {
  const jobs = settingsOf(settingsOf(settingsOf(config.receivers)[id])["config"])["scrape_configs"];
  return Array.isArray(jobs) ? jobs : [];
}

/** The name of a job as the collector reads it, which writes a dollar as `$$`; "" for what has no name. */
export function jobNameOf(job: unknown): string {
  const name = settingsOf(job)["job_name"];
  return typeof name === "string" ? name.replaceAll("$$", () => "$") : "";
}

/** The part of a receiver's jobs that the allocator takes over, and the part that stays. */
export function splitJobs(
  jobs: readonly unknown[],
  { unshardedJobs = [] }: Sharding,
): { readonly sharded: readonly unknown[]; readonly unsharded: readonly unknown[] } {
  const stays = (job: unknown): boolean => unshardedJobs.includes(jobNameOf(job));
  return { sharded: jobs.filter((job) => !stays(job)), unsharded: jobs.filter(stays) };
}

/**
 * What is wrong with what a resource says about receivers and jobs, for the configuration that it speaks of. Receivers
 * whose settings cannot be read at all are somebody else's to report.
 *
 * @param path - Of the allocator's settings, such as `spec.targetAllocator`.
 */
export function shardingProblems(path: string, config: CollectorConfig, sharding: Sharding): readonly string[] {
  const ids = shardedReceivers(sharding);
  return [
    ...ids.flatMap((id, at) => receiverProblem(path, config, { id, again: ids.indexOf(id) !== at }) ?? []),
    ...sharedJobs(config, sharding),
    ...unknownJobs(path, config, sharding),
  ];
}

function receiverProblem(
  path: string,
  config: CollectorConfig,
  { id, again }: { readonly id: string; readonly again: boolean },
): string | undefined {
  const what = `${path}.receivers names ${JSON.stringify(id)}`;
  if (again) return `${what} twice; name each receiver once`;
  if (componentType(id) !== USUAL_RECEIVER) return `${what}, which is no prometheus receiver; take it out`;
  const declared = isFreeForm(config.receivers) ? Object.keys(config.receivers) : [];
  // Without the field the missing receiver is reported in the words of the Go operator.
  if (declared.includes(id) || id === USUAL_RECEIVER) return undefined;
  const known = declared.filter((other) => componentType(other) === USUAL_RECEIVER);
  const there = known.length === 0 ? "has no prometheus receiver" : `has ${known.join(", ")}`;
  return `${what}, but spec.config.receivers ${there}; name one of those or add it`;
}

/** An allocator's jobs are known by their names. */
function sharedJobs(config: CollectorConfig, sharding: Sharding): readonly string[] {
  const owners = new Map<string, Set<string>>();
  for (const id of shardedReceivers(sharding)) {
    for (const name of splitJobs(jobsOfReceiver(config, id), sharding).sharded.map(jobNameOf)) {
      if (name !== "") owners.set(name, (owners.get(name) ?? new Set()).add(id));
    }
  }
  return [...owners]
    .filter(([, ids]) => ids.size > 1)
    .map(
      ([name, ids]) =>
        `spec.config.receivers: ${[...ids].join(" and ")} each have a job ${JSON.stringify(name)}, and one allocator ` +
        "tells jobs apart by their names; rename one of them",
    );
}

function unknownJobs(path: string, config: CollectorConfig, sharding: Sharding): readonly string[] {
  const known = new Set(shardedReceivers(sharding).flatMap((id) => jobsOfReceiver(config, id).map(jobNameOf)));
  return (sharding.unshardedJobs ?? [])
    .filter((name) => !known.has(name))
    .map(
      (name) =>
        `${path}.unshardedJobs names ${JSON.stringify(name)}, but no scrape config of ` +
        `${shardedReceivers(sharding).join(", ")} has this job_name; jobs of monitors cannot be left out of sharding`,
    );
}
