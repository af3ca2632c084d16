import type { Check } from "./check.ts";
import { isFreeForm } from "./components.ts";
import {
  jobsOfReceiver,
  shardedReceivers,
  type Sharding,
  shardingProblems,
  splitJobs,
  tellsReceiversApart,
  USUAL_RECEIVER,
} from "./sharding.ts";
import type { CollectorConfig, FreeForm } from "./v1beta1.ts";

const PREFIX = "the OpenTelemetry Spec Prometheus configuration is incorrect, ";

/** The receivers whose targets are to be allocated are there, and have some or may get some. */
export const allocatesTargetsOfItsReceivers: Check = ({ spec: { config, targetAllocator = {} } }) => {
  if (!isFreeForm(config.receivers) || Object.keys(config.receivers).length === 0) return undefined; // hasReceivers says it
  const unusable = unusableReceiver(config.receivers, targetAllocator);
  if (unusable !== undefined) return PREFIX + unusable;
  const [problem] = shardingProblems("spec.targetAllocator", config, targetAllocator);
  if (problem !== undefined || targetAllocator.prometheusCR?.enabled === true) return problem;
  return hasJobs(config, targetAllocator) ? undefined : PREFIX + nothingToAllocate(targetAllocator);
};

function unusableReceiver(receivers: FreeForm, sharding: Sharding): string | undefined {
  const ids = shardedReceivers(sharding);
  if (ids.includes(USUAL_RECEIVER) && !(USUAL_RECEIVER in receivers)) return missingReceiver(receivers, sharding);
  const problems = ids.filter((id) => id in receivers).map((id) => receiverProblem(id, receivers[id]));
  return problems.find((problem) => problem !== undefined);
}

function missingReceiver(receivers: FreeForm, sharding: Sharding): string {
  const others = Object.keys(receivers).filter((id) => id.startsWith(`${USUAL_RECEIVER}/`));
  const hint =
    others.length === 0
      ? "add one, or set spec.targetAllocator.enabled to false"
      : tellsReceiversApart(sharding)
        ? `take ${USUAL_RECEIVER} out of spec.targetAllocator.receivers`
        : `rename one of ${others.join(", ")} to ${USUAL_RECEIVER}, or name them in spec.targetAllocator.receivers`;
  return `no prometheus receiver available as part of the configuration; ${hint}`;
}

function receiverProblem(id: string, receiver: unknown): string | undefined {
  if (!isFreeForm(receiver)) {
    return `spec.config.receivers.${id} must be an object; write config.scrape_configs below it`;
  }
  const config = receiver["config"] ?? {};
  if (!isFreeForm(config)) return `receivers.${id}.config must be an object`;
  const jobs = config["scrape_configs"] ?? [];
  return Array.isArray(jobs) ? undefined : `receivers.${id}.config.scrape_configs must be a list`;
}

function hasJobs(config: CollectorConfig, sharding: Sharding): boolean {
  return shardedReceivers(sharding).some((id) => splitJobs(jobsOfReceiver(config, id), sharding).sharded.length > 0);
}

/** An allocator without jobs does not start, in the Go operator either. */
function nothingToAllocate(sharding: Sharding): string {
  const lists = shardedReceivers(sharding).map((id) => `receivers.${id}.config.scrape_configs`);
  const besides = (sharding.unshardedJobs ?? []).length === 0 ? "" : " but for unshardedJobs";
  return (
    `${lists.join(" and ")} is empty${besides}: either at least one scrape config needs to be defined or ` +
    "PrometheusCR needs to be enabled"
  );
}
