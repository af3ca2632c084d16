import { type DataObject, formatDuration, parseScrapeConfigs } from "../allocator/index.ts";
import type { GenerationSettings } from "./generation-context.ts";

/** The `global` section that holds for the jobs of monitors. */
export function globalSection({
  scrapeIntervalMs,
  scrapeProtocols,
}: Pick<GenerationSettings, "scrapeIntervalMs" | "scrapeProtocols">): DataObject {
  return {
    scrape_interval: formatDuration(scrapeIntervalMs),
    ...(scrapeProtocols.length === 0 ? {} : { scrape_protocols: scrapeProtocols }),
  };
}

/** What keeps the settings from being global ones, such as an unknown protocol: then no job could be made with them. */
export function globalProblems(settings: Parameters<typeof globalSection>[0]): readonly string[] {
  const { problems } = parseScrapeConfigs({ global: globalSection(settings) });
  return problems.map((problem) => problem.replace(/^global\./, ""));
}
