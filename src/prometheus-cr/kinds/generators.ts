import type { GenerateScrapeConfigs } from "../generation-context.ts";
import type { MonitorKind } from "../resources.ts";
import { generatePodMonitor } from "./pod-monitor.ts";
import { generateProbe } from "./probe.ts";
import { generateScrapeConfig } from "./scrape-config.ts";
import { generateServiceMonitor } from "./service-monitor.ts";

/** What makes scrape configs of each kind. */
export const GENERATORS: Readonly<Record<MonitorKind, GenerateScrapeConfigs>> = {
  ServiceMonitor: generateServiceMonitor,
  PodMonitor: generatePodMonitor,
  Probe: generateProbe,
  ScrapeConfig: generateScrapeConfig,
};
