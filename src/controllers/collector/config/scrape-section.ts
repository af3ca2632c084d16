import { isFreeForm, settingsOf } from "../../../api/opentelemetry/components.ts";
import type { CollectorConfig } from "../../../api/opentelemetry/v1beta1.ts";
import type { ScrapeSection } from "../../target-allocator/allocator-input.ts";
import { PROMETHEUS_RECEIVER } from "./target-allocator-rewrite.ts";

/**
 * Reads `receivers.prometheus.config` for the allocator. A collector writes a dollar as `$$`, because it expands
 * variables in its file; the allocator does not, so `$$` becomes `$`, in every text.
 */
export function readScrapeSection(config: CollectorConfig): ScrapeSection {
  const scrapeSettings = settingsOf(settingsOf(config.receivers[PROMETHEUS_RECEIVER])["config"]);
  const { global, scrape_configs: scrapeConfigs } = scrapeSettings;
  return {
    global: isFreeForm(global) && Object.keys(global).length > 0 ? settingsOf(unescaped(global)) : undefined,
    scrapeConfigs: Array.isArray(scrapeConfigs) ? scrapeConfigs.map(unescaped) : [],
  };
}

function unescaped(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll("$$", () => "$");
  if (Array.isArray(value)) return value.map(unescaped);
  if (!isFreeForm(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, unescaped(member)]));
}
