type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Jobs as /scrape_configs answers them. */
export type ServedJobs = Record<string, Json>;

/**
 * Jobs in a form in which what Go loses on the wire does not count: empty replacements, separators and regexes of
 * rules, which Go leaves out or writes as null.
 */
export function withoutEmptyRuleFields(jobs: ServedJobs): ServedJobs {
  for (const job of Object.values(jobs) as Record<string, Record<string, Json>[] | undefined>[]) {
    const rules = [...(job["relabel_configs"] ?? []), ...(job["metric_relabel_configs"] ?? [])];
    for (const rule of rules) forgetEmpty(rule);
  }
  return jobs;
}

function forgetEmpty(rule: Record<string, Json>): void {
  for (const key of ["replacement", "separator", "regex"]) if (rule[key] === "" || rule[key] === null) delete rule[key];
}
