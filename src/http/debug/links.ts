import { queryEscape } from "../query-escape.ts";

/** Where the pages of an allocation are; `base` is the path that it is mounted at, "" at the root. */
export function pageLinks(base: string): {
  readonly home: string;
  readonly scrapeConfigs: string;
  readonly monitors: string;
  readonly monitor: (namespace: string, name: string) => string;
  readonly job: (name: string) => string;
  readonly collector: (name: string) => string;
} {
  return {
    home: `${base}/`,
    scrapeConfigs: `${base}/debug/scrape_configs`,
    monitors: `${base}/debug/monitors`,
    monitor: (namespace, name) =>
      `${base}/api/v1/monitors/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`,
    job: (name) => `${base}/debug/job?job_id=${queryEscape(name)}`,
    collector: (name) => `${base}/debug/collector?collector_id=${queryEscape(name)}`,
  };
}
