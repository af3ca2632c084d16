import { type DefaultingSettings, withNetworkPolicyDefaults } from "./default.ts";
import { fillDefaults } from "./schema/fill-defaults.ts";
import { TARGET_ALLOCATOR_RESOURCE } from "./schema/target-allocator.ts";
import type { TargetAllocator, TargetAllocatorResourceSpec } from "./target-allocator.ts";

/** A TargetAllocator whose spec is there. */
export interface DefaultedTargetAllocator extends TargetAllocator {
  readonly spec: TargetAllocatorResourceSpec;
}

/** What the API server and an admission webhook would have filled in. Changes nothing when they have. */
export function withTargetAllocatorDefaults(
  allocator: TargetAllocator,
  settings: DefaultingSettings = {},
): DefaultedTargetAllocator {
  const filled = fillDefaults(TARGET_ALLOCATOR_RESOURCE.spec, allocator.spec ?? {}) as TargetAllocatorResourceSpec;
  return withOperatorTargetAllocatorDefaults({ ...allocator, spec: filled }, settings);
}

/**
 * The part of the defaults that depends on other fields or on settings. Allocators that agree with each other by
 * construction may lose one pod at a time, which holds up no drain of a node with a single pod either.
 */
function withOperatorTargetAllocatorDefaults(
  allocator: TargetAllocator,
  { networkPolicies = false }: DefaultingSettings = {},
): DefaultedTargetAllocator {
  const { podDisruptionBudget, networkPolicy, ...spec } = { replicas: 1, ...allocator.spec };
  const budget =
    podDisruptionBudget ?? (spec.allocationStrategy === "consistent-hashing" ? { maxUnavailable: 1 } : undefined);
  return {
    ...allocator,
    spec: {
      ...spec,
      ...(budget === undefined ? {} : { podDisruptionBudget: budget }),
      ...(networkPolicy === undefined && !networkPolicies
        ? {}
        : { networkPolicy: withNetworkPolicyDefaults(networkPolicy, networkPolicies) }),
    },
  };
}
