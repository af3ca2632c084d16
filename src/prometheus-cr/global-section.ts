import { type DataObject, formatDuration } from "../allocator/index.ts";
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
