import type { DataObject } from "../allocator/index.ts";
import type { AssetReader } from "./asset-reader.ts";
import type { Monitor } from "./resources.ts";
import type { ScrapeClasses } from "./scrape-classes.ts";

/** What the administrator set for all monitors: the part of `prometheus_cr` that generation reads. */
export interface GenerationSettings {
  /** Where Secrets of scrape classes are looked for after the monitor's own namespace. */
  readonly collectorNamespace: string;
  /** Of jobs that set none; 0 for Prometheus' default. */
  readonly scrapeIntervalMs: number;
  /** Of jobs that set none; empty for Prometheus' default. */
  readonly scrapeProtocols: readonly string[];
  readonly scrapeClasses: ScrapeClasses;
  /** Whether jobs must not name files of the collector's file system. */
  readonly denyFileAccess: boolean;
  /** Files that jobs may name all the same; a directory when it ends in a slash. */
  readonly allowedFilePaths: readonly string[];
  /** The file that Kubernetes discovery reads; `""` for the pod's own account. */
  readonly kubeconfigFile: string;
}

/** Everything that generation looks at besides the monitor. */
export interface GenerationContext {
  readonly settings: GenerationSettings;
  readonly assets: AssetReader;
}

/** What becomes of one monitor. */
export interface Generated {
  readonly documents: readonly DataObject[];
  /** What is left out of all of them, because Secrets of the scrape class cannot be read. */
  readonly warnings: readonly string[];
}

/**
 * The scrape configs of one monitor, as entries of `scrape_configs`: one for each endpoint, in order. Pure: equal
 * monitors, settings and assets give equal documents. Throws MonitorRefusedError with all problems at once; unless the
 * monitor cannot be read at all, it has then asked for every asset that the monitor refers to.
 */
export type GenerateScrapeConfigs = (monitor: Monitor, context: GenerationContext) => Generated;
