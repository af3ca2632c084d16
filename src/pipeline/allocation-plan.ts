import { type CollectorInstance, type JobDefinition, type ScrapeConfig } from "../allocator/index.ts";
import { toSelectorText } from "../discovery/label-selector.ts";
import { ConfigError } from "../options/config-error.ts";
import type { FileReceiver } from "../options/target-allocator-file-receivers.ts";
import type { TargetAllocatorFile } from "../options/target-allocator-file.ts";
import type { MonitorSettings } from "../prometheus-cr/monitor-source.ts";
import type { AllocationProblem } from "./allocation-problem.ts";
import type { HandoverMode } from "./deliveries.ts";
import { planMonitors } from "./planned-monitors.ts";
import { type PlannedReceiver, planReceivers } from "./planned-receivers.ts";
import { type PlannedStrategy, planStrategy, unusedSettings } from "./planned-strategy.ts";
import { type JobUses, PreparedJobs, type ScrapeConfigBodies } from "./prepared-jobs.ts";

/** What a pipeline does: everything that follows from a file, and from the jobs of monitors that the file asks for. */
export interface AllocationPlan extends PlannedJobs {
  /** The jobs of the file alone. */
  readonly fileJobs: readonly ScrapeConfig[];
  readonly fileReceivers: readonly FileReceiver[];
  readonly uses: JobUses;
  readonly strategy: PlannedStrategy;
  readonly handover: HandoverMode;
  readonly collectors: PlannedCollectors;
  /** Which custom resources of the Prometheus operator are read; undefined: none. */
  readonly monitors: MonitorSettings | undefined;
  /** Problems of the file alone. */
  readonly fileProblems: readonly AllocationProblem[];
}

/** The jobs that are served. */
interface PlannedJobs {
  readonly jobs: readonly ScrapeConfig[];
  readonly definitions: readonly JobDefinition[];
  readonly scrapeConfigs: ScrapeConfigBodies;
  /** By id; at least one. */
  readonly receivers: ReadonlyMap<string, PlannedReceiver>;
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

/** What plans are made from besides the file. */
export interface PlanContext {
  /** The plan in force. */
  readonly previous?: AllocationPlan | undefined;
  /** The jobs of all selected monitors. */
  readonly monitorJobs?: readonly ScrapeConfig[];
  /** What was worked out for earlier plans. */
  readonly prepared?: PreparedJobs;
  /** What Kubernetes discovery of monitors' jobs reads. @default "", the pod's own account */
  readonly kubeconfigFile?: string;
}

/**
 * Plans the allocation of a file that has been checked. A job that is not valid keeps the configuration that it had in
 * the plan before, if it was there: one typing error must not end the scraping of a job.
 *
 * Throws ConfigError when not one job is left: a collector that is told of no jobs gives up those that it has. Throws
 * MonitorSettingsError when monitors cannot be read as the file says.
 */
export function planAllocation(file: TargetAllocatorFile, context: PlanContext = {}): AllocationPlan {
  const { previous, monitorJobs = [], prepared = new PreparedJobs(), kubeconfigFile = "" } = context;
  const before = previous?.fileJobs ?? [];
  const retained = retainedJobs(file, before);
  const fileJobs = [...knownJobs(file.scrapeConfigs?.jobs ?? [], before), ...retained];
  const fileProblems = [...rejectionProblems(file, retained), ...warnings(file), ...unusedSettings(file)];
  const strategy = planStrategy(file);
  const monitors = planMonitors(file, kubeconfigFile);
  if (fileJobs.length === 0 && monitors === undefined) {
    throw new ConfigError(["no job can be served", ...fileProblems.map(({ message }) => message)]);
  }
  const settings = {
    fileJobs,
    fileReceivers: file.receivers,
    uses: usesOf(file),
    strategy,
    handover: file.handover,
    collectors: planCollectors(file, strategy),
    monitors,
    fileProblems,
  };
  return { ...settings, ...planJobs(settings, monitorJobs, prepared) };
}

/** Works out what {@link planAllocation} will need of each job of a file, one at a time; yields after each. */
export function* prepareAllocation(
  file: TargetAllocatorFile,
  previous: AllocationPlan | undefined,
  prepared: PreparedJobs,
): Generator<undefined, void, void> {
  const jobs = knownJobs(file.scrapeConfigs?.jobs ?? [], previous?.fileJobs ?? []);
  yield* prepared.prepareAll(jobs, usesOf(file));
}

function usesOf({ allowInsecureAuthSecrets, https, filterStrategy }: TargetAllocatorFile): JobUses {
  return {
    filtering: filterStrategy === "relabel-config",
    // Readers of plain HTTP are shown masks in place of secrets, and have nowhere else to read them.
    withheld: !allowInsecureAuthSecrets && !https.enabled,
    masked: !allowInsecureAuthSecrets,
    clear: allowInsecureAuthSecrets,
    noticeable: https.enabled,
  };
}

/** The plan with other jobs of monitors. */
export function withMonitorJobs(
  plan: AllocationPlan,
  monitorJobs: readonly ScrapeConfig[],
  prepared: PreparedJobs,
): AllocationPlan {
  return { ...plan, ...planJobs(plan, monitorJobs, prepared) };
}

/** Jobs that are as they were are the very same, so that what was worked out for them holds. */
function knownJobs(jobs: readonly ScrapeConfig[], before: readonly ScrapeConfig[]): readonly ScrapeConfig[] {
  const known = new Map(before.map((job) => [job.jobName, job]));
  return jobs.map((job) => {
    const former = known.get(job.jobName);
    return former !== undefined && sameJob(former, job) ? former : job;
  });
}

/** Discovery that nobody has is no setting, so the keys of the jobs do not tell of it. */
function sameJob(a: ScrapeConfig, b: ScrapeConfig): boolean {
  return (
    a.canonicalKey === b.canonicalKey &&
    a.discovery.length === b.discovery.length &&
    a.discovery.every(({ canonicalKey }, index) => canonicalKey === b.discovery[index]?.canonicalKey)
  );
}

/** Jobs that are not valid any more, as they were. */
function retainedJobs(file: TargetAllocatorFile, before: readonly ScrapeConfig[]): readonly ScrapeConfig[] {
  const { jobs = [], rejected = [] } = file.scrapeConfigs ?? {};
  const names = new Set(jobs.map(({ jobName }) => jobName));
  const invalid = new Set(rejected.map(({ jobName }) => jobName));
  return before.filter(({ jobName }) => !names.has(jobName) && invalid.has(jobName));
}

type JobSettings = Pick<AllocationPlan, "fileJobs" | "fileReceivers" | "uses" | "fileProblems">;

/** Of two jobs with one name that of the file is served: it is the administrator's. */
function planJobs(settings: JobSettings, monitorJobs: readonly ScrapeConfig[], prepared: PreparedJobs): PlannedJobs {
  const { fileJobs, fileReceivers, uses, fileProblems } = settings;
  const names = new Set(fileJobs.map(({ jobName }) => jobName));
  const [taken, free] = [
    monitorJobs.filter(({ jobName }) => names.has(jobName)),
    monitorJobs.filter(({ jobName }) => !names.has(jobName)),
  ];
  const jobs = [...fileJobs, ...free];
  const scrapeConfigs = prepared.bodies(jobs);
  const withheld = uses.withheld ? jobs.filter((job) => prepared.carriesCredentials(job)) : [];
  return {
    jobs,
    definitions: jobs.map((job) => prepared.definition(job, uses.filtering)),
    scrapeConfigs,
    receivers: planReceivers(fileReceivers, { jobs, scrapeConfigs }, prepared),
    problems: [...fileProblems, ...taken.map(nameTaken), ...withheld.map(credentialsWithheld)],
  };
}

function nameTaken({ jobName: job }: ScrapeConfig): AllocationProblem {
  const message =
    "config.scrape_configs has a job of the same name, which is served in place of the monitor's; rename the one there";
  return { job, reason: "JobRejected", message };
}

function credentialsWithheld({ jobName: job }: ScrapeConfig): AllocationProblem {
  const message =
    "its credentials are not handed out over plain HTTP, so its targets will turn collectors away; let collectors ask " +
    "over mutual TLS (https.enabled), or allow it (allow_insecure_auth_secrets)";
  return { job, reason: "CredentialsWithheld", message };
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
function warnings(file: TargetAllocatorFile): readonly AllocationProblem[] {
  const { collectors, collectorSelector, unknownSettings } = file;
  const found = unknownSettings.map((message): AllocationProblem => ({ reason: "SettingUnknown", message }));
  if (collectors === undefined && collectorSelector === undefined) {
    found.push({
      reason: "CollectorSelectorMissing",
      message:
        "collector_selector is not set, so every pod of the namespace counts as a collector and is given targets; " +
        "set it to the labels of the collectors' pods",
    });
  }
  return found;
}
