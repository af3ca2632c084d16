import { type Discoverer, type DiscoveryConfig, isMechanism } from "../allocator/index.ts";
import { createExternalMechanisms, type ExternalDiscoveryOptions } from "./external-mechanisms.ts";
import { FailingDiscoverer } from "./failing-discoverer.ts";
import { KubernetesDiscoverer, type KubernetesDiscovererOptions } from "./kubernetes/kubernetes-discoverer.ts";
import { readKubernetesSettings } from "./kubernetes/settings.ts";
import { StaticDiscoverer } from "./static-discoverer.ts";

/**
 * Makes the discoverer of one service discovery entry.
 *
 * @param job - Whom it works for, for metrics; the first one when jobs share it.
 */
export type DiscovererFactory = (config: DiscoveryConfig, job?: string) => Discoverer;

/** What the mechanisms need of their surroundings. */
export interface DiscovererRegistryOptions extends Omit<KubernetesDiscovererOptions, "settings" | "observer"> {
  /** What looking outside of Kubernetes needs. @default only static_configs and kubernetes_sd_configs are supported */
  readonly external?: ExternalDiscoveryOptions;
}

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
      ({ settings: raw }) => {
        const settings = readKubernetesSettings(raw);
        return new KubernetesDiscoverer({ ...options, settings, observer: options.external?.metrics.kubernetes });
      },
    ],
  ]);
  for (const [mechanism, create] of options.external === undefined ? [] : createExternalMechanisms(options.external)) {
    mechanisms.set(mechanism, (config, job = "") => create(config, job));
  }
  return (config, job) => {
    const create = mechanisms.get(config.mechanism);
    return create === undefined ? unsupported(config.mechanism, mechanisms.keys()) : create(config, job);
  };
}

function unsupported(mechanism: string, supported: Iterable<string>): Discoverer {
  const alternatives = new Intl.ListFormat("en-GB", { type: "disjunction" }).format([...supported].map(keyOf));
  const message = isMechanism(mechanism)
    ? `${keyOf(mechanism)} is not supported; use ${alternatives}, ` +
      "or let the collector discover this job itself, outside of the target allocator"
    : `${keyOf(mechanism)} is no service discovery that Prometheus has; check its spelling, or use ${alternatives}`;
  return new FailingDiscoverer(new UnsupportedDiscoveryError(message));
}

function keyOf(mechanism: string): string {
  return mechanism === "static" ? "static_configs" : `${mechanism}_sd_configs`;
}
