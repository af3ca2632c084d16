import type { TargetAllocatorResourceSpec } from "../../api/opentelemetry/target-allocator.ts";
import type { NetworkPolicySpec } from "../../api/opentelemetry/v1beta1.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import { LABEL_MANAGED_BY, MANAGED_BY } from "../manifests/labels.ts";
import { type Manifest, manifest, present } from "../manifests/manifest.ts";
import { controllerReference } from "../manifests/owner-reference.ts";
import { wantsOwnAllocator } from "../target-allocator/attachment.ts";
import { type CollectorInput, inheritedAnnotations } from "./collector-input.ts";

/** The TargetAllocator of a collector that asks for one of its own, under the collector's name. */
export function buildTargetAllocator(input: CollectorInput): readonly Manifest[] {
  const { collector } = input;
  if (!wantsOwnAllocator(collector)) return [];
  const { namespace = "", name, labels } = collector.metadata;
  const annotations = inheritedAnnotations(input);
  const metadata = {
    name,
    namespace,
    labels: { ...labels, [LABEL_MANAGED_BY]: MANAGED_BY },
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    ownerReferences: [controllerReference(collector)],
  };
  return [manifest(RESOURCES.TargetAllocator, metadata, { spec: toSpec(input) })];
}

/** What is said of the allocator in the collector, and what goes for all pods that are made for it. */
function toSpec({ collector: { spec }, settings }: CollectorInput): TargetAllocatorResourceSpec {
  const { enabled: _enabled, collectorTargetReloadInterval: _ofCollectors, ...forwarded } = spec.targetAllocator ?? {};
  return present({
    ...forwarded,
    podAnnotations: spec.podAnnotations,
    networkPolicy: policyOf(spec.networkPolicy, settings.networkPolicies ?? true),
  });
}

/** Said in so many words, so that it does not hang on what the operator takes for granted. */
function policyOf({ enabled }: NetworkPolicySpec = {}, usually: boolean): NetworkPolicySpec {
  return { enabled: enabled ?? usually };
}
