import type { NameScheme } from "../relabel/label-name.ts";
import type { RelabelConfig } from "../relabel/relabel-config.ts";

/** A value as JSON or YAML decode to it. Integers beyond 2^53 are bigint. */
export type DataValue = string | number | bigint | boolean | null | readonly DataValue[] | DataObject;
export interface DataObject {
  readonly [key: string]: DataValue | undefined;
}

/** One `<mechanism>_sd_configs` entry, or all `static_configs` of a job together. */
export interface DiscoveryConfig {
  /** The key in the file without `_sd_configs`: "kubernetes", "file", "http", "dns", …, and "static". */
  readonly mechanism: string;
  /**
   * Decoded and defaulted, keys as in the file (snake_case), durations as their canonical text ("1m30s"). For "static":
   * `{ groups: [{ targets, labels }] }`.
   * Equal settings mean that jobs can share one discoverer; `canonicalKey` is equal exactly then.
   */
  readonly settings: DataObject;
  /** Mechanism and settings as one canonical text. */
  readonly canonicalKey: string;
}

/** One job, complete: defaults and global settings are filled in, everything is validated. Immutable. */
export interface ScrapeConfig {
  readonly jobName: string;
  readonly scrapeIntervalMs: number;
  readonly scrapeTimeoutMs: number;
  readonly metricsPath: string;
  readonly scheme: string;
  /** Sorted by name. */
  readonly params: Readonly<Record<string, readonly string[]>>;
  /** Which label names relabelling may write. */
  readonly nameScheme: NameScheme;
  readonly relabelConfigs: readonly RelabelConfig[];
  /** In Prometheus' order: mechanisms by key, static last. */
  readonly discovery: readonly DiscoveryConfig[];
  /** Every key of the job, decoded and completed: what rendering reads. */
  readonly settings: DataObject;
  /** Equal exactly for equal configurations, secrets included. Never shown. */
  readonly canonicalKey: string;
}
