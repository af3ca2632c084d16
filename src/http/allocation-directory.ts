import type { ServedAllocation } from "./served-allocation.ts";

/** One running allocation and the OpenTelemetryCollector that it belongs to. */
export interface ListedAllocation {
  readonly namespace: string;
  readonly name: string;
  readonly allocation: ServedAllocation;
  /** The resource says that its collectors may read secrets over plain HTTP. */
  readonly revealSecrets: boolean;
}

/** What the operator's routes read: the allocations of all resources. */
export interface AllocationDirectory {
  find(namespace: string, name: string): ListedAllocation | undefined;
  /** Sorted by namespace, then name. */
  list(): readonly ListedAllocation[];
}

/** The path below which a resource has exactly the routes that its own allocator has at the root. */
export function allocationPath({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `/namespaces/${encodeURIComponent(namespace)}/opentelemetrycollectors/${encodeURIComponent(name)}`;
}
