import {
  Allocator,
  createStrategy,
  type DataObject,
  type JobDefinition,
  parseScrapeConfigs,
  toJobDefinition,
} from "../src/allocator/index.ts";
import { systemClock } from "../src/observability/system-clock.ts";
import { workInSlices } from "../src/pipeline/work-in-slices.ts";
import {
  collectorsOf,
  groupsOfJob,
  jobName,
  KEEP_RULE,
  restartedGroup,
  TARGETS_PER_JOB,
  uniqueTextBytes,
} from "./engine-data.ts";
import { type Cost, costOf } from "./engine-meter.ts";
import { distributionOf } from "./report.ts";

/** One configuration of the engine. */
export interface EngineCase {
  readonly targets: number;
  readonly strategy: string;
  readonly rule: boolean;
}

/** What passes of the engine alone cost. */
export interface EngineFigures {
  readonly fullPass: Cost;
  /** Medians of several changes of each kind. */
  readonly oneGroup: Cost;
  /** The first change of the collectors in the life of the process: code that it runs through is not compiled yet. */
  readonly firstCollectorAdded: Cost;
  /** Medians of those that follow. */
  readonly collectorAdded: Cost;
  readonly collectorRemoved: Cost;
  /** In bytes per target. */
  readonly memory: {
    /** Characters of all label values, each text once. */
    readonly text: number;
    /** Everything else that groups, engine and snapshot keep. */
    readonly beyondText: number;
    /** The part of it that the engine and the snapshot keep. */
    readonly engine: number;
    /** What the process took from the system at most, from its start to the end of the full pass. */
    readonly peak: number;
  };
}

const COLLECTORS = 10;
const GROUP_CHANGES = 200;
const COLLECTOR_CHANGES = 10;
const NEVER = new AbortController().signal;

/** Measures in this process, which must be a fresh one: then code is compiled as it would be at the start. */
export async function measureEngine({ targets, strategy, rule }: EngineCase): Promise<EngineFigures> {
  const jobs = Math.ceil(targets / TARGETS_PER_JOB);
  const definitions = definitionsOf(jobs, rule);
  const allocator = new Allocator({ strategy: createStrategy(strategy) });
  const empty = heap();
  let groups = Array.from({ length: jobs }, (_, job) => groupsOfJob(job));
  const text = uniqueTextBytes();
  const withGroups = heap();

  allocator.setJobs(definitions);
  allocator.setCollectors(collectorsOf(COLLECTORS));
  for (const [job, found] of groups.entries()) allocator.updateGroups(jobName(job), "bench", found);
  const fullPass = await costOf(async () => pass(allocator));
  const peak = process.resourceUsage().maxRSS * 1024;
  groups = [];
  const withEngine = heap();

  const oneGroup: Cost[] = [];
  for (let i = 0; i < GROUP_CHANGES; i++) {
    const job = (i * 7) % jobs;
    allocator.updateGroups(jobName(job), "bench", [restartedGroup(job, i + 1)]);
    oneGroup.push(await costOfPass(allocator, 5));
  }
  let firstCollectorAdded: Cost | undefined;
  const collectorAdded: Cost[] = [];
  const collectorRemoved: Cost[] = [];
  for (let i = 0; i < COLLECTOR_CHANGES; i++) {
    allocator.setCollectors(collectorsOf(COLLECTORS + 1));
    const added = await costOfPass(allocator, 0);
    if (firstCollectorAdded === undefined) firstCollectorAdded = added;
    else collectorAdded.push(added);
    allocator.setCollectors(collectorsOf(COLLECTORS));
    collectorRemoved.push(await costOfPass(allocator, 0));
  }
  const perTarget = (bytes: number): number => Math.round(bytes / (jobs * TARGETS_PER_JOB));
  return {
    fullPass,
    oneGroup: medianOf(oneGroup),
    firstCollectorAdded: firstCollectorAdded ?? medianOf([]),
    collectorAdded: medianOf(collectorAdded),
    collectorRemoved: medianOf(collectorRemoved),
    memory: {
      text: perTarget(text),
      beyondText: perTarget(withEngine - empty - text),
      engine: perTarget(withEngine - withGroups),
      peak: perTarget(peak),
    },
  };
}

function definitionsOf(jobs: number, rule: boolean): readonly JobDefinition[] {
  const rules = rule ? [KEEP_RULE] : [];
  const scrapeConfigs = Array.from({ length: jobs }, (_, job): DataObject => ({
    job_name: jobName(job),
    relabel_configs: rules,
  }));
  const parsed = parseScrapeConfigs({ scrape_configs: scrapeConfigs });
  return parsed.jobs.map((config) => toJobDefinition(config, { filtering: true }));
}

/** One pass, in slices with turns of the event loop in between, as a pipeline does it. */
async function pass(allocator: Allocator): Promise<void> {
  await workInSlices(allocator.work(), systemClock, NEVER);
}

/** The cost of a pass, which must not process more targets than have changed. */
async function costOfPass(allocator: Allocator, changed: number): Promise<Cost> {
  const before = allocator.counters.targetsProcessed;
  const cost = await costOf(async () => pass(allocator));
  const processed = allocator.counters.targetsProcessed - before;
  if (processed !== changed) throw new Error(`a pass processed ${processed} targets where ${changed} had changed`);
  return cost;
}

function medianOf(costs: readonly Cost[]): Cost {
  const of = (part: (cost: Cost) => number): number => distributionOf(costs.map(part)).median;
  return {
    wallMs: of((one) => one.wallMs),
    cpuMs: of((one) => one.cpuMs),
    processCpuMs: of((one) => one.processCpuMs),
  };
}

/** What is in use on the heap. */
function heap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
