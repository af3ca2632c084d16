import type { Discoverer, DiscoveryConfig, DiscoverySink } from "../allocator/index.ts";
import { KubernetesDiscoverer, type KubernetesDiscovererOptions } from "./kubernetes/kubernetes-discoverer.ts";
import { readKubernetesSettings } from "./kubernetes/settings.ts";
import { StaticDiscoverer } from "./static-discoverer.ts";
import { untilAborted } from "./until-aborted.ts";

/** Makes the discoverer of one service discovery entry. */
export type DiscovererFactory = (config: DiscoveryConfig) => Discoverer;

/** What the mechanisms need of their surroundings. */
export type DiscovererRegistryOptions = Omit<KubernetesDiscovererOptions, "settings">;

/** The job asks for a mechanism that this program does not have. */
class UnsupportedDiscoveryError extends Error {
  readonly code = "DISCOVERY_UNSUPPORTED";
  override readonly name = "UnsupportedDiscoveryError";
}

/** The mechanisms that this program has, by the key in the file without `_sd_configs`. */
export function createDiscovererFactory(options: DiscovererRegistryOptions): DiscovererFactory {
  const mechanisms = new Map<string, DiscovererFactory>([
    ["static", (config) => new StaticDiscoverer(config)],
    [
      "kubernetes",
      ({ settings }) => new KubernetesDiscoverer({ ...options, settings: readKubernetesSettings(settings) }),
    ],
  ]);
  return (config) => {
    const create = mechanisms.get(config.mechanism);
    return create === undefined ? new UnsupportedDiscoverer(config.mechanism, [...mechanisms.keys()]) : create(config);
  };
}

/**
 * Stands for a mechanism that is missing: fails, and goes on failing. So its job is reported and its targets are
 * answered as unknown, not as none, while other sources of the same job and all other jobs are served.
 */
class UnsupportedDiscoverer implements Discoverer {
  readonly #mechanism: string;
  readonly #supported: readonly string[];

  constructor(mechanism: string, supported: readonly string[]) {
    this.#mechanism = mechanism;
    this.#supported = supported;
  }

  async run(sink: DiscoverySink, signal: AbortSignal): Promise<void> {
    sink.failed(
      new UnsupportedDiscoveryError(
        `${keyOf(this.#mechanism)} is not supported; use ${this.#supported.map(keyOf).join(" or ")}, ` +
          "or let the collector discover this job itself, outside of the target allocator",
      ),
    );
    await untilAborted(signal);
  }
}

function keyOf(mechanism: string): string {
  return mechanism === "static" ? "static_configs" : `${mechanism}_sd_configs`;
}
