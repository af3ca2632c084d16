import {
  type CollectorInstance,
  type JobDefinition,
  renderScrapeConfigs,
  type ScrapeConfig,
  toJobDefinition,
} from "../allocator/index.ts";
import { toSelectorText } from "../discovery/label-selector.ts";
import { ConfigError } from "../options/config-error.ts";
import type { TargetAllocatorFile } from "../options/target-allocator-file.ts";
import type { AllocationProblem } from "./allocation-problem.ts";
import { type PlannedStrategy, planStrategy, unusedSettings } from "./planned-strategy.ts";

/** What a pipeline does with a file: everything that follows from the file alone. */
export interface AllocationPlan {
  readonly jobs: readonly ScrapeConfig[];
  readonly definitions: readonly JobDefinition[];
  readonly strategy: PlannedStrategy;
  readonly collectors: PlannedCollectors;
  readonly scrapeConfigs: ScrapeConfigBodies;
  readonly problems: readonly AllocationProblem[];
}

/** Where collectors come from: a list in the file, or pods. */
export type PlannedCollectors =
  | { readonly kind: "listed"; readonly collectors: readonly CollectorInstance[] }
  | {
      readonly kind: "pods";
      readonly namespace: string;
      /** In the syntax of kubectl -l; "" for every pod of the namespace. */
      readonly labelSelector: string;
      readonly notReadyGraceMs: number;
      /** See CollectorWatcher. */
      readonly zoneLabel?: string;
    };

/** Complete JSON bodies of `/scrape_configs`. */
export interface ScrapeConfigBodies {
  /** Every secret is replaced by `<secret>`. */
  readonly masked: string;
  readonly clear: string;
}

/**
 * Plans the allocation of a file that has been checked. A job that is not valid keeps the configuration that it had in
 * the plan before, if it was there: one typing error must not end the scraping of a job.
 *
 * Throws ConfigError when not one job is left: a collector that is told of no jobs gives up those that it has.
 */
export function planAllocation(file: TargetAllocatorFile, previous?: AllocationPlan): AllocationPlan {
  const { jobs: valid = [], rejected = [] } = file.scrapeConfigs ?? {};
  const names = new Set(valid.map(({ jobName }) => jobName));
  const retained = (previous?.jobs ?? []).filter(
    ({ jobName }) => !names.has(jobName) && rejected.some((job) => job.jobName === jobName),
  );
  const jobs = [...valid, ...retained];
  const problems = [...rejectionProblems(file, retained), ...warnings(file), ...unusedSettings(file)];
  const strategy = planStrategy(file);
  if (jobs.length === 0) throw new ConfigError(["no job can be served", ...problems.map(({ message }) => message)]);
  return {
    jobs,
    definitions: jobs.map((job) => toJobDefinition(job, { filtering: file.filterStrategy === "relabel-config" })),
    strategy,
    collectors: planCollectors(file, strategy),
    scrapeConfigs: {
      masked: renderScrapeConfigs(jobs, { secrets: "masked" }),
      clear: renderScrapeConfigs(jobs, { secrets: "clear" }),
    },
    problems,
  };
}

/** A list in the file wins over pods: whoever writes one means these collectors. */
function planCollectors(file: TargetAllocatorFile, { nodeZoneLabel }: PlannedStrategy): PlannedCollectors {
  if (file.collectors !== undefined) return { kind: "listed", collectors: file.collectors };
  return {
    kind: "pods",
    namespace: file.collectorNamespace,
    labelSelector: file.collectorSelector === undefined ? "" : toSelectorText(file.collectorSelector),
    notReadyGraceMs: file.collectorNotReadyGracePeriodMs,
    ...(nodeZoneLabel === undefined ? {} : { zoneLabel: nodeZoneLabel }),
  };
}

function rejectionProblems(file: TargetAllocatorFile, retained: readonly ScrapeConfig[]): readonly AllocationProblem[] {
  const kept = new Set(retained.map(({ jobName }) => jobName));
  return (file.scrapeConfigs?.rejected ?? []).map(({ jobName: job, problems }): AllocationProblem => {
    const consequence = kept.has(job) ? "its last good configuration stays in force" : "it is not served";
    const message = `${problems.join("; ")} (${consequence})`;
    return job === "" ? { reason: "JobRejected", message } : { job, reason: "JobRejected", message };
  });
}

/** What is valid, and surprises. */
function warnings({ collectors, collectorSelector, prometheusCr }: TargetAllocatorFile): readonly AllocationProblem[] {
  const found: AllocationProblem[] = [];
  if (collectors === undefined && collectorSelector === undefined) {
    found.push({
      reason: "CollectorSelectorMissing",
      message:
        "collector_selector is not set, so every pod of the namespace counts as a collector and is given targets; " +
        "set it to the labels of the collectors' pods",
    });
  }
  if (prometheusCr.enabled) {
    found.push({
      reason: "PrometheusResourcesUnsupported",
      message:
        "prometheus_cr.enabled is true, but ServiceMonitors, PodMonitors, Probes and ScrapeConfigs are not read by " +
        "this version; write their jobs into config.scrape_configs",
    });
  }
  return found;
}
