import { type DataObject, parseScrapeConfigs } from "../../allocator/index.ts";
import type { GenerationSettings } from "../generation-context.ts";
import { globalSection } from "../global-section.ts";
import type { MonitorField } from "../monitor-field.ts";

/**
 * Reports what Prometheus would refuse in the only job of a monitor: then the monitor is refused, by its own fields.
 *
 * @param fieldOf The path below `field` for one in the document.
 */
export function reportUnusable(
  document: DataObject,
  settings: GenerationSettings,
  field: MonitorField,
  fieldOf: (path: string) => string,
): void {
  const { rejected } = parseScrapeConfigs({ global: globalSection(settings), scrape_configs: [document] });
  for (const problem of rejected.flatMap(({ problems }) => problems)) {
    const { path = "", text = problem } =
      /^scrape_configs\[0\]\.(?<path>[^:]*): (?<text>.*)$/s.exec(problem)?.groups ?? {};
    field.reportBelow(`${fieldOf(path)}: ${text}`);
  }
}
