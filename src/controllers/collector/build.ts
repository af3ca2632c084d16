import type { Manifest } from "../manifests/manifest.ts";
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
import { buildTargetAllocator } from "./build-target-allocator.ts";
import { buildWorkload } from "./build-workload.ts";
import type { CollectorInput } from "./collector-input.ts";

type Build = (input: CollectorInput) => readonly Manifest[];

// What pods mount and run as stands before the pods; the allocator before the collectors that will ask it.
const BUILDERS: readonly Build[] = [
  buildConfigMap,
  buildServiceAccount,
  buildServices,
  buildNetworkPolicy,
  buildTargetAllocator,
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
