import { selectorLabels } from "../manifests/labels.ts";
import type { Manifest } from "../manifests/manifest.ts";
import type { AllocatorInput } from "../target-allocator/allocator-input.ts";
import { buildAllocator } from "../target-allocator/build.ts";
import { buildAutoscaler } from "./build-autoscaler.ts";
import { buildConfigMap } from "./build-config-map.ts";
import { buildDisruptionBudget } from "./build-disruption-budget.ts";
import { buildHttpRoutes } from "./build-http-routes.ts";
import { buildIngress } from "./build-ingress.ts";
import { buildMonitors } from "./build-monitors.ts";
import { buildNetworkPolicy } from "./build-network-policy.ts";
import { buildRoutes } from "./build-routes.ts";
import { buildServiceAccount } from "./build-service-account.ts";
import { buildServices } from "./build-services.ts";
import { buildWorkload } from "./build-workload.ts";
import { type CollectorInput, hasAllocator } from "./collector-input.ts";
import { readScrapeSection } from "./config/scrape-section.ts";

type Build = (input: CollectorInput) => readonly Manifest[];

// What pods mount and run as stands before the pods; the allocator before the collectors that will ask it.
const BUILDERS: readonly Build[] = [
  buildConfigMap,
  buildServiceAccount,
  buildServices,
  buildNetworkPolicy,
  buildAllocatorOf,
  buildWorkload,
  buildDisruptionBudget,
  buildAutoscaler,
  buildIngress,
  buildRoutes,
  buildHttpRoutes,
  buildMonitors,
];

/** The desired objects of a collector, in apply order. Same input, same output, byte for byte. */
export function buildCollector(input: CollectorInput): readonly Manifest[] {
  return BUILDERS.flatMap((build) => build(input));
}

/** The allocator that a collector asks for; undefined without one. */
export function toAllocatorInput(input: CollectorInput): AllocatorInput | undefined {
  if (!hasAllocator(input)) return undefined;
  const { collector, settings } = input;
  const { podAnnotations } = collector.spec;
  return {
    owner: collector,
    spec: { ...collector.spec.targetAllocator, ...(podAnnotations === undefined ? {} : { podAnnotations }) },
    collectorSelector: { matchLabels: selectorLabels(collector.metadata, "opentelemetry-collector") },
    scrapeSection: readScrapeSection(collector.spec.config, collector.spec.targetAllocator),
    settings,
  };
}

function buildAllocatorOf(input: CollectorInput): readonly Manifest[] {
  const allocator = toAllocatorInput(input);
  return allocator === undefined ? [] : buildAllocator(allocator);
}
