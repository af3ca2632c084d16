import { formatDuration } from "./config/duration.ts";
import type { ScrapeConfig } from "./config/scrape-config.ts";
import { compareBytewise } from "./labels/bytewise.ts";
import { NoShardingProgram } from "./no-sharding.ts";
import { compileRelabel, type RelabelProgram } from "./relabel/relabel-program.ts";

/** A label and its value. */
type SeedLabel = readonly [name: string, value: string];

/** What the engine must know of a job to process its targets. */
export interface JobDefinition {
  readonly name: string;
  /** Runs over discovered labels and seeds; not used when `filtering` is off. */
  readonly relabel: RelabelProgram;
  /** Labels that a target gets before relabelling unless it has them, in this order. Values are not empty. */
  readonly seeds: readonly SeedLabel[];
  /** Off: nothing is seeded, relabelled or dropped, and a target's identity is all that was discovered. */
  readonly filtering: boolean;
  /** Definitions of one job with equal keys give every target the same result. */
  readonly canonicalKey: string;
}

/** How the engine shall treat jobs. */
export interface JobOptions {
  /** Apply the jobs' relabelling rules, as `filter_strategy: relabel-config` says. */
  readonly filtering: boolean;
}

/** The part of a scrape configuration that matters to the engine. */
export function toJobDefinition(config: ScrapeConfig, { filtering }: JobOptions): JobDefinition {
  const seeds = seedsOf(config);
  const { relabelConfigs: rules, nameScheme } = config;
  return {
    name: config.jobName,
    relabel: new NoShardingProgram(rules, () => compileRelabel(rules, nameScheme)),
    seeds,
    filtering,
    canonicalKey: filtering ? JSON.stringify([seeds, nameScheme, rules], withBigints) : "unfiltered",
  };
}

/** Parameters by name, so that the order in a file does not matter; of several values the first. */
function seedsOf(config: ScrapeConfig): readonly SeedLabel[] {
  const params = Object.entries(config.params).toSorted(([a], [b]) => compareBytewise(a, b));
  const seeds: readonly SeedLabel[] = [
    ["job", config.jobName],
    ["__scrape_interval__", formatDuration(config.scrapeIntervalMs)],
    ["__scrape_timeout__", formatDuration(config.scrapeTimeoutMs)],
    ["__metrics_path__", config.metricsPath],
    ["__scheme__", config.scheme],
    ...params.map(([name, values]) => [`__param_${name}`, values[0] ?? ""] as const),
  ];
  return seeds.filter(([, value]) => value !== "");
}

function withBigints(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
