import { RESOURCES } from "../../api/resource-type.ts";
import { allocatorSelectorLabels } from "../manifests/labels.ts";
import { type Manifest, manifest, present } from "../manifests/manifest.ts";
import { allocatorMeta, type AllocatorInput } from "./allocator-input.ts";

/**
 * How many allocators may be away at once. What is asked for counts with every strategy; without a word of it one may be,
 * but for `least-weighted`, whose allocators each have a distribution of their own and so are not run in numbers.
 */
export function buildDisruptionBudget(input: AllocatorInput): readonly Manifest[] {
  const { spec, owner } = input;
  const { minAvailable, maxUnavailable } = spec.podDisruptionBudget ?? {};
  const given = present({ minAvailable, maxUnavailable });
  const isGiven = Object.keys(given).length > 0;
  if (!isGiven && spec.allocationStrategy === "least-weighted") return [];
  const selector = { matchLabels: allocatorSelectorLabels(owner.metadata) };
  const content = { spec: { ...(isGiven ? given : { maxUnavailable: 1 }), selector } };
  return [manifest(RESOURCES.PodDisruptionBudget, allocatorMeta(input), content)];
}
