import type { KubeObject, OwnerReference } from "../../api/meta.ts";
import type { TargetAllocator } from "../../api/opentelemetry/target-allocator.ts";
import type { OpenTelemetryCollector } from "../../api/opentelemetry/v1beta1.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import { type Component, LABEL_COMPONENT } from "../manifests/labels.ts";
import { controllerOf } from "../manifests/owner-reference.ts";
import { compareBytewise } from "../manifests/canonical-json.ts";

/** Which TargetAllocator gives which collectors their targets. All of it happens within one namespace. */

/** On a collector: the TargetAllocator that it uses. It takes the place of one of the collector's own. */
const ALLOCATOR_LABEL = "opentelemetry.io/target-allocator";

/** The name of the TargetAllocator that the collector's label names, if it has one. */
export function labelledAllocator({ metadata }: KubeObject): string | undefined {
  const name = metadata.labels?.[ALLOCATOR_LABEL] ?? "";
  return name === "" ? undefined : name;
}

/** Whether the collector asks for a TargetAllocator of its own; that has the collector's name. */
export function wantsOwnAllocator({ spec }: OpenTelemetryCollector): boolean {
  return spec?.targetAllocator?.enabled === true;
}

/** The name of the TargetAllocator that gives the collector its targets; undefined without one. */
export function allocatorInUse(collector: OpenTelemetryCollector): string | undefined {
  return labelledAllocator(collector) ?? (wantsOwnAllocator(collector) ? collector.metadata.name : undefined);
}

/** The names of all TargetAllocators that look at the collector. */
export function allocatorsConcerned(collector: OpenTelemetryCollector): readonly string[] {
  const labelled = labelledAllocator(collector);
  const own = wantsOwnAllocator(collector) ? [collector.metadata.name] : [];
  return labelled === undefined ? own : [...new Set([labelled, ...own])];
}

/** The collector that a TargetAllocator was made for; undefined when a user made it. */
export function makerOf(allocator: TargetAllocator): OwnerReference | undefined {
  const controller = controllerOf(allocator);
  return controller?.kind === RESOURCES.OpenTelemetryCollector.kind ? controller : undefined;
}

/**
 * The collectors whose jobs and pods are the allocator's business: the one that it was made for, then those that name
 * it, by name. Collectors that are being deleted have left.
 *
 * @param collectors - At least all of the allocator's namespace.
 */
export function attachedCollectors(
  allocator: TargetAllocator,
  collectors: Iterable<OpenTelemetryCollector>,
): readonly OpenTelemetryCollector[] {
  const { namespace, name } = allocator.metadata;
  const maker = makerOf(allocator);
  const attached = Array.from(collectors).filter(
    (collector) =>
      collector.metadata.namespace === namespace &&
      collector.metadata.deletionTimestamp === undefined &&
      (collector.metadata.uid === maker?.uid || labelledAllocator(collector) === name),
  );
  const rank = ({ metadata }: OpenTelemetryCollector): number => (metadata.uid === maker?.uid ? 0 : 1);
  return attached.toSorted((a, b) => rank(a) - rank(b) || compareBytewise(a.metadata.name, b.metadata.name));
}

/** Of attached collectors, the names of those that get their targets from this allocator and not from another. */
export function namesOfServed(
  { metadata }: TargetAllocator,
  attached: readonly OpenTelemetryCollector[],
): readonly string[] {
  const served = attached.filter((collector) => allocatorInUse(collector) === metadata.name);
  return served.map(({ metadata: { name } }) => name).toSorted(compareBytewise);
}

const COMPONENT: Component = "opentelemetry-targetallocator";

/** Whether an object is a part of an allocator: up to 0.98 the Go operator had them belong to the collector itself. */
export function belongsToAllocator({ metadata }: KubeObject): boolean {
  return metadata.labels?.[LABEL_COMPONENT] === COMPONENT;
}
