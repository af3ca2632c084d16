import type { ServedAllocation } from "./served-allocation.ts";

/** One running allocation, the TargetAllocator that it belongs to, and whose targets it gives out. */
export interface ListedAllocation {
  readonly namespace: string;
  /** Of the TargetAllocator. */
  readonly name: string;
  /** Names of the OpenTelemetryCollectors that get their targets from it; none where only their pods are known. */
  readonly collectors: readonly string[];
  readonly allocation: ServedAllocation;
  /** The resource says that its collectors may read secrets over plain HTTP. */
  readonly revealSecrets: boolean;
}

/** What the operator's routes read: the allocations of all resources. */
export interface AllocationDirectory {
  /** The allocation from which the OpenTelemetryCollector of this name gets its targets. */
  find(namespace: string, collector: string): ListedAllocation | undefined;
  /** The allocation of the TargetAllocator of this name. */
  findAllocator(namespace: string, name: string): ListedAllocation | undefined;
  /** Sorted by namespace, then name. */
  list(): readonly ListedAllocation[];
}

/**
 * The path below which an allocation has exactly the routes that its own allocator has at the root: that of its collector,
 * or of its TargetAllocator where there is not one collector.
 */
export function allocationPath({
  namespace,
  name,
  collectors,
}: Pick<ListedAllocation, "namespace" | "name" | "collectors">): string {
  const [collector, ...others] = collectors;
  const base = `/namespaces/${encodeURIComponent(namespace)}`;
  return collector === undefined || others.length > 0
    ? `${base}/targetallocators/${encodeURIComponent(name)}`
    : `${base}/opentelemetrycollectors/${encodeURIComponent(collector)}`;
}
