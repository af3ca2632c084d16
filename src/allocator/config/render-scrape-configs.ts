import { toJsonText } from "./json-text.ts";
import { renderSettings, type RenderOptions } from "./render-settings.ts";
import type { DataObject, ScrapeConfig } from "./scrape-config.ts";
import { SCRAPE } from "./scrape-settings.ts";

export type { RenderOptions } from "./render-settings.ts";

/**
 * A job as Prometheus would write it, except for what Prometheus loses: empty separators, replacements and regexes of
 * rules are written, in clear mode passwords in proxy URLs are shown, and in masked mode those in all URLs are masked.
 */
export function renderScrapeConfig(config: ScrapeConfig, options: RenderOptions): DataObject {
  return renderSettings(SCRAPE, config.settings, options);
}

/** The body of /scrape_configs: all jobs by name, as JSON that is also YAML, always in the same order. */
export function renderScrapeConfigs(jobs: readonly ScrapeConfig[], options: RenderOptions): string {
  return toJsonText(Object.fromEntries(jobs.map((job) => [job.jobName, renderScrapeConfig(job, options)])));
}
