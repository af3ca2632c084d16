import {
  parseScrapeConfigs,
  formatDuration,
  type DataObject,
  type RejectedJob,
  type ScrapeConfig,
} from "../allocator/index.ts";
import type { GenerationSettings } from "./generation-context.ts";

/** The jobs of one monitor. */
export interface MonitorJobs {
  readonly jobs: readonly ScrapeConfig[];
  /** Jobs that are not served, with what their author reads; the monitor's other jobs are. */
  readonly rejected: readonly RejectedJob[];
}

/**
 * Turns generated documents into jobs, as if they stood in a Prometheus configuration with the administrator's global
 * settings. A document that Prometheus would refuse is rejected alone.
 */
export function toMonitorJobs(documents: readonly DataObject[], settings: GenerationSettings): MonitorJobs {
  const { jobs, rejected } = parseScrapeConfigs({ global: globalOf(settings), scrape_configs: documents });
  return { jobs, rejected };
}

function globalOf({ scrapeIntervalMs, scrapeProtocols }: GenerationSettings): DataObject {
  return {
    scrape_interval: formatDuration(scrapeIntervalMs),
    ...(scrapeProtocols.length === 0 ? {} : { scrape_protocols: scrapeProtocols }),
  };
}
