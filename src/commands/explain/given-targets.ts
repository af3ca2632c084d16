import { readFile } from "node:fs/promises";
import {
  Allocator,
  type AllocationSnapshot,
  EMPTY_LABELS,
  explainTargets,
  type JobDefinition,
  labelsOf,
  type TargetGroup,
} from "../../allocator/index.ts";
import { parseYamlGroups } from "../../discovery/file/yaml-groups.ts";
import { type ListedGroup, parseJsonGroups } from "../../discovery/group-list.ts";
import { StaticDiscoverer } from "../../discovery/static-discoverer.ts";
import { type ExplanationJson, toExplanationJson } from "../../http/explanation-json.ts";
import { unknownJob } from "../../http/unknown-names.ts";
import type { ExplainGiven, ExplainOptions } from "../../options/explain-options.ts";
import { readTargetAllocatorFile } from "../../options/target-allocator-file.ts";
import { type AllocationPlan, planAllocation } from "../../pipeline/allocation-plan.ts";
import { readStandardInput } from "../standard-input.ts";
import { readConfigFile, usingFile } from "../target-allocator/config-file.ts";
import { UnreadableFileError } from "../unreadable-file-error.ts";

type GivenOptions = ExplainGiven & Pick<ExplainOptions, "job" | "limit">;

/** Strategies that place a target by itself alone: what else there is does not matter. */
const BY_TARGET_ALONE: ReadonlySet<string> = new Set(["consistent-hashing", "rendezvous", "per-node", ""]);

/**
 * Explains what a job of a configuration file does to targets that are given. Who would scrape them is told where the
 * file lists the collectors and the strategy looks at nothing but the target.
 */
export async function explainGiven(
  options: GivenOptions,
  input: NodeJS.ReadableStream,
  signal: AbortSignal,
): Promise<ExplanationJson> {
  const { configFile: path, job, limit } = options;
  const written = { path, text: await readConfigFile(path) };
  const plan = usingFile(written, () => planAllocation(readTargetAllocatorFile(written.text)));
  const { name, fallback, settings } = plan.strategy;
  const problems = plan.problems.filter((problem) => problem.job === job);
  const about = { job, strategy: { name, fallback }, version: 0, problems, waitingFor: [] };
  const definition = plan.definitions.find((one) => one.name === job);
  if (definition === undefined && problems.length > 0) {
    return toExplanationJson({ ...about, quarantined: true, searched: 0, matched: 0, rules: [], targets: [] });
  }
  if (definition === undefined) throw new Error(unknownJob(job, jobNames(plan)));
  const sources = [{ provider: "given", groups: await groupsOf(options, plan, input, signal) }];
  const ownersKnown = plan.collectors.kind === "listed" && BY_TARGET_ALONE.has(name) && BY_TARGET_ALONE.has(fallback);
  const snapshot = allocate(plan, definition, sources[0]?.groups ?? []);
  const work = explainTargets({
    definition,
    strategy: about.strategy,
    zoneLabels: settings.zoneLabels,
    sources,
    snapshot,
    ownersKnown,
    selects: all,
    limit,
  });
  return toExplanationJson({ ...about, quarantined: false, ...toEnd(work) });
}

function all(): boolean {
  return true;
}

function jobNames({ jobs, problems }: AllocationPlan): readonly string[] {
  const rejected = problems.flatMap(({ job }) => (job === undefined ? [] : [job]));
  return [...new Set([...jobs.map(({ jobName }) => jobName), ...rejected])];
}

function allocate(plan: AllocationPlan, definition: JobDefinition, groups: readonly TargetGroup[]): AllocationSnapshot {
  const allocator = new Allocator({ strategy: plan.strategy.factory });
  allocator.setJobs([definition]);
  allocator.setCollectors(plan.collectors.kind === "listed" ? plan.collectors.collectors : []);
  allocator.updateGroups(definition.name, "given", groups);
  return toEnd(allocator.work());
}

function toEnd<T>(work: Generator<undefined, T, void>): T {
  let step = work.next();
  while (step.done !== true) step = work.next();
  return step.value;
}

async function groupsOf(
  { job, labels, targetsFile }: GivenOptions,
  plan: AllocationPlan,
  input: NodeJS.ReadableStream,
  signal: AbortSignal,
): Promise<readonly TargetGroup[]> {
  const groups: TargetGroup[] = labels.map((one, i) => ({
    source: `--labels ${String(i + 1)}`,
    labels: EMPTY_LABELS,
    targets: [labelsOf(Object.entries(one))],
  }));
  if (targetsFile !== undefined) groups.push(...(await groupsInFile(targetsFile, input, signal)));
  return labels.length > 0 || targetsFile !== undefined ? groups : staticGroupsOf(plan, job, signal);
}

async function groupsInFile(
  path: string,
  input: NodeJS.ReadableStream,
  signal: AbortSignal,
): Promise<readonly TargetGroup[]> {
  const text = path === "-" ? await readStandardInput(input, signal) : await readTargets(path);
  return parse(path, text).map(({ targets, labels }, i) => ({
    source: `${path}:${String(i)}`,
    labels: labelsOf(Object.entries(labels)),
    targets: targets.map((address) => labelsOf({ __address__: address })),
  }));
}

async function readTargets(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new UnreadableFileError(`target groups ${path} (--targets-file)`, cause);
  }
}

function parse(path: string, text: string): readonly ListedGroup[] {
  try {
    return /^\s*[[{]/.test(text) && !/\.ya?ml$/i.test(path) ? parseJsonGroups(text) : parseYamlGroups(text);
  } catch (cause) {
    throw new Error(`target groups ${path} (--targets-file)`, { cause });
  }
}

/** The targets that the job's configuration itself has. */
async function staticGroupsOf(plan: AllocationPlan, job: string, signal: AbortSignal): Promise<readonly TargetGroup[]> {
  const discovery = plan.jobs.find(({ jobName }) => jobName === job)?.discovery ?? [];
  const found: TargetGroup[] = [];
  for (const config of discovery.filter(({ mechanism }) => mechanism === "static")) {
    const done = new AbortController();
    const sink = {
      update(groups: readonly TargetGroup[]): void {
        found.push(...groups);
        done.abort();
      },
      failed: () => done.abort(),
    };
    await new StaticDiscoverer(config).run(sink, AbortSignal.any([signal, done.signal]));
  }
  return found;
}
