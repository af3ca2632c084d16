import { isDeepStrictEqual } from "node:util";
import type { Cluster } from "../../api/opentelemetry/check.ts";
import type { DefaultedTargetAllocator } from "../../api/opentelemetry/default-target-allocator.ts";
import { type DefaultedCollector, withDefaults } from "../../api/opentelemetry/default.ts";
import { jobNameOf } from "../../api/opentelemetry/sharding.ts";
import type { FreeForm, LabelSelector, OpenTelemetryCollector } from "../../api/opentelemetry/v1beta1.ts";
import { problemsOfTargetAllocator } from "../../api/opentelemetry/validate-target-allocator.ts";
import { findProblems } from "../collector/collector-problems.ts";
import { readScrapeSection } from "../collector/config/scrape-section.ts";
import { compareBytewise } from "../manifests/canonical-json.ts";
import { LABEL_INSTANCE, selectorLabels } from "../manifests/labels.ts";
import type { ManifestSettings } from "../manifests/manifest-settings.ts";
import type { AllocatorInput, ReceiverSection, ScrapeSection } from "./allocator-input.ts";
import { makerOf } from "./attachment.ts";

/** What the objects of a TargetAllocator follow from. */
export interface AllocatorSources {
  readonly allocator: DefaultedTargetAllocator;
  /** In the order in which their jobs stand. */
  readonly attached: readonly OpenTelemetryCollector[];
  readonly settings: ManifestSettings;
  /** @default nothing is known of it */
  readonly cluster?: Cluster;
}

/** What the builders of an allocator are given, and why they must not be; of no use while there are problems. */
export interface AllocatorReading {
  readonly input: AllocatorInput;
  readonly problems: readonly string[];
}

/** Puts together what a TargetAllocator says and what the collectors say that use it. */
export function toAllocatorInput({ allocator, attached, settings, cluster = {} }: AllocatorSources): AllocatorReading {
  const collectors = attached.map((collector) => withDefaults(collector));
  const { section, problems } = toScrapeSection(allocator, collectors);
  return {
    input: {
      owner: allocator,
      spec: allocator.spec,
      collectorSelector: allocator.spec.collectorSelector ?? selectorOf(collectors),
      scrapeSection: section,
      settings,
    },
    problems: [
      ...problemsOfTargetAllocator(allocator, cluster),
      ...selectorProblems(allocator, collectors),
      ...collectors.flatMap((collector) => problemsOfCollector(collector, allocator)),
      ...problems,
    ],
  };
}

/** Matches the pods of all these collectors and no others. */
function selectorOf(collectors: readonly DefaultedCollector[]): LabelSelector | undefined {
  const [first, ...others] = collectors.map(({ metadata }) => selectorLabels(metadata, "opentelemetry-collector"));
  if (first === undefined) return undefined;
  if (others.length === 0) return { matchLabels: first };
  const { [LABEL_INSTANCE]: instance = "", ...common } = first;
  const values = [instance, ...others.map((labels) => labels[LABEL_INSTANCE] ?? "")].toSorted(compareBytewise);
  return { matchLabels: common, matchExpressions: [{ key: LABEL_INSTANCE, operator: "In", values }] };
}

function selectorProblems(
  { spec: { collectorSelector }, metadata: { name } }: DefaultedTargetAllocator,
  attached: readonly DefaultedCollector[],
): readonly string[] {
  if (collectorSelector === undefined) return [];
  const { matchLabels = {}, matchExpressions = [] } = collectorSelector;
  if (Object.keys(matchLabels).length + matchExpressions.length === 0) {
    return [
      "spec.collectorSelector is empty and would make every pod of the namespace a collector; give it the labels of the collectors' pods",
    ];
  }
  if (attached.length === 0) return [];
  const names = attached.map(({ metadata }) => metadata.name).join(", ");
  return [
    `spec.collectorSelector chooses the collectors' pods, and OpenTelemetryCollectors use ${name} too: ${names}; ` +
      "take the selector away, or the label opentelemetry.io/target-allocator off them",
  ];
}

function problemsOfCollector(collector: DefaultedCollector, allocator: DefaultedTargetAllocator): readonly string[] {
  const isMaker = collector.metadata.uid === makerOf(allocator)?.uid;
  const found = findProblems(collector, isMaker ? {} : { namedAllocator: allocator });
  const { namespace = "", name } = collector.metadata;
  return found.map((problem) => `OpenTelemetryCollector ${namespace}/${name}: ${problem}`);
}

interface NamedSection extends ScrapeSection {
  /** Where its jobs are written. */
  readonly at: string;
}

/** The jobs of all, in order; a job that several write in the same words is one job. */
function toScrapeSection(
  { spec }: DefaultedTargetAllocator,
  collectors: readonly DefaultedCollector[],
): { readonly section: ScrapeSection; readonly problems: readonly string[] } {
  const sections: readonly NamedSection[] = [
    { at: "spec.scrapeConfigs", global: undefined, scrapeConfigs: spec.scrapeConfigs ?? [] },
    ...collectors.map(({ metadata, spec: { config } }) => ({
      at: `OpenTelemetryCollector ${metadata.namespace ?? ""}/${metadata.name}`,
      ...readScrapeSection(config, spec),
    })),
  ];
  const { jobs, problems } = mergeJobs(sections);
  const { global, problems: disagreements } = mergeGlobals(spec.global, sections);
  const receivers = mergeReceivers(sections);
  return {
    section: { global, scrapeConfigs: jobs, ...(receivers.length === 0 ? {} : { receivers }) },
    problems: [...problems, ...disagreements],
  };
}

function mergeJobs(sections: readonly NamedSection[]): {
  readonly jobs: readonly unknown[];
  readonly problems: readonly string[];
} {
  const known = new Map<string, { readonly job: unknown; readonly at: string }>();
  const jobs: unknown[] = [];
  const problems: string[] = [];
  for (const { at, scrapeConfigs } of sections) {
    for (const job of scrapeConfigs) {
      const name = jobNameOf(job);
      const before = known.get(name);
      if (before === undefined || before.at === at) {
        known.set(name, { job, at });
        jobs.push(job);
      } else if (!isDeepStrictEqual(before.job, job)) {
        problems.push(
          `${before.at} and ${at} each have a job ${JSON.stringify(name)} of their own; rename one of them`,
        );
      }
    }
  }
  return { jobs, problems };
}

function mergeGlobals(
  own: FreeForm | undefined,
  sections: readonly NamedSection[],
): { readonly global: FreeForm | undefined; readonly problems: readonly string[] } {
  if (own !== undefined && Object.keys(own).length > 0) return { global: own, problems: [] };
  const [first, ...others] = sections.filter(({ global }) => global !== undefined);
  const other = others.find(({ global }) => !isDeepStrictEqual(global, first?.global));
  const problems =
    other === undefined || first === undefined
      ? []
      : [`${first.at} and ${other.at} differ in the global section of their jobs; say it in spec.global instead`];
  return { global: first?.global, problems };
}

function mergeReceivers(sections: readonly NamedSection[]): readonly ReceiverSection[] {
  const merged = new Map<string, ReceiverSection>();
  for (const { name, global, jobs } of sections.flatMap(({ receivers = [] }) => receivers)) {
    const before = merged.get(name);
    const all = [...new Set([...(before?.jobs ?? []), ...jobs])];
    merged.set(name, { name, global: before?.global ?? global, jobs: all });
  }
  return [...merged.values()];
}
