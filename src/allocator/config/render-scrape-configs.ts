import { sortBytewise } from "../labels/bytewise.ts";
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

/** A job as a member of {@link joinRendered}'s object: its name, a colon and itself. */
export function renderMember(config: ScrapeConfig, options: RenderOptions): string {
  return `${toJsonText(config.jobName)}:${toJsonText(renderScrapeConfig(config, options))}`;
}

/** The body of /scrape_configs: all jobs by name, as JSON that is also YAML, always in the same order. */
export function joinRendered(members: readonly string[]): string {
  // They begin with their encoded names, of which no two are equal.
  return `{${sortBytewise(members).join(",")}}`;
}

/** The body of /scrape_configs for jobs that are not rendered yet. */
export function renderScrapeConfigs(jobs: readonly ScrapeConfig[], options: RenderOptions): string {
  return joinRendered(jobs.map((job) => renderMember(job, options)));
}
