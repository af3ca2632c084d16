import { queryEscape } from "../query-escape.ts";

/** Where the pages of an allocation are; `base` is the path that it is mounted at, "" at the root. */
export function pageLinks(base: string): {
  readonly home: string;
  readonly scrapeConfigs: string;
  readonly job: (name: string) => string;
  readonly collector: (name: string) => string;
} {
  return {
    home: `${base}/`,
    scrapeConfigs: `${base}/debug/scrape_configs`,
    job: (name) => `${base}/debug/job?job_id=${queryEscape(name)}`,
    collector: (name) => `${base}/debug/collector?collector_id=${queryEscape(name)}`,
  };
}
