import { settingsOf } from "../../../api/opentelemetry/components.ts";
import type { CollectorConfig } from "../../../api/opentelemetry/v1beta1.ts";

/** What turns a collector that scrapes by itself into one that asks an allocator what to scrape. */
export interface AllocatorAccess {
  /** Base URL of the allocator's routes. */
  readonly endpoint: string;
  /** How often the collector asks, in Go's spelling. */
  readonly interval: string;
}

/** The one receiver that takes its targets from the allocator. */
export const PROMETHEUS_RECEIVER = "prometheus";

/**
 * The configuration with its prometheus receiver rewritten: no scrape configs of its own, and where to get them from.
 * Everything else of the receiver stays, `config.global` and keys that the user put under `target_allocator` included.
 *
 * @param config - One whose prometheus receiver has passed validation.
 */
export function withAllocatorAccess(config: CollectorConfig, { endpoint, interval }: AllocatorAccess): CollectorConfig {
  const receiver = settingsOf(config.receivers[PROMETHEUS_RECEIVER]);
  const { scrape_configs: _moved, ...scrapeSettings } = settingsOf(receiver["config"]);
  const access = { endpoint, interval, collector_id: "${POD_NAME}" };
  const rewritten = {
    ...receiver,
    ...(receiver["config"] === undefined ? {} : { config: scrapeSettings }),
    target_allocator: { ...settingsOf(receiver["target_allocator"]), ...access },
  };
  return { ...config, receivers: { ...config.receivers, [PROMETHEUS_RECEIVER]: rewritten } };
}
