import type { TargetAllocator } from "../../api/opentelemetry/target-allocator.ts";
import type { OpenTelemetryCollector } from "../../api/opentelemetry/v1beta1.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import type { ObjectCache } from "../object-cache.ts";
import { makerOf } from "./attachment.ts";

/**
 * Whether nothing of a TargetAllocator may be touched now: somebody says so, in it or in the collector that it was made
 * for, or that collector is going and takes it along.
 *
 * @param cache - Holds the collectors.
 */
export function isLeftAlone(allocator: TargetAllocator, cache: ObjectCache): boolean {
  if (allocator.spec?.managementState === "unmanaged") return true;
  const maker = makerOf(allocator);
  if (maker === undefined) return false;
  const key = { namespace: allocator.metadata.namespace ?? "", name: maker.name };
  const collector: OpenTelemetryCollector | undefined = cache.get(RESOURCES.OpenTelemetryCollector, key);
  return (
    collector === undefined ||
    collector.metadata.uid !== maker.uid ||
    collector.metadata.deletionTimestamp !== undefined ||
    collector.spec?.managementState === "unmanaged"
  );
}
