import type { FinalLabels } from "./strategy.ts";

/** Labels of parameters; the rest of the name is the parameter's. */
const PARAM_PREFIX = "__param_";

/**
 * What a target is scraped by, from its final labels: `http://web:8080/probe?module=http_2xx&target=x`. Nothing is
 * encoded, because it is compared and never asked for; parameters are sorted, so that equal targets have equal texts.
 *
 * Parameters of the job that no label tells, the second and further values of one name, are the same for all of a job
 * and left out.
 */
export function scrapeUrl(labels: FinalLabels): string {
  const base = `${labels.get("__scheme__")}://${labels.get("__address__")}${labels.get("__metrics_path__")}`;
  const names = labels.namesWith(PARAM_PREFIX);
  if (names.length === 0) return base;
  const params = names.toSorted().map((name) => `${name.slice(PARAM_PREFIX.length)}=${labels.get(name)}`);
  return `${base}?${params.join("&")}`;
}
