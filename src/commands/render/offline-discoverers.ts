import { type Discoverer, type DiscoverySink, isMechanism } from "../../allocator/index.ts";
import type { DiscovererFactory } from "../../discovery/registry.ts";
import { untilAborted } from "../../discovery/until-aborted.ts";

/** Mechanisms that need nothing but the objects at hand. */
const OFFLINE = new Set(["static", "kubernetes"]);

/** Lets through what can be discovered without asking anybody; the rest is reported as not known. */
export function offlineOnly(create: DiscovererFactory): DiscovererFactory {
  return (config) => {
    const { mechanism } = config;
    return OFFLINE.has(mechanism) || !isMechanism(mechanism) ? create(config) : notAsked(mechanism);
  };
}

function notAsked(mechanism: string): Discoverer {
  return {
    async run(sink: DiscoverySink, signal: AbortSignal): Promise<void> {
      sink.failed(
        new Error(`${mechanism}_sd_configs asks the network, and this runs offline: its targets are not known`),
      );
      await untilAborted(signal);
    },
  };
}
