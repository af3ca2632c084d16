import type { KubeObject } from "../../api/meta.ts";

/** What is to be said of a collector whose label names a TargetAllocator that does not exist. */
export function missingAllocator({ metadata: { namespace = "" } }: KubeObject, name: string): string {
  return (
    `the label opentelemetry.io/target-allocator names the TargetAllocator ${name}, which does not exist in namespace ` +
    `${namespace}; make it, or take the label off`
  );
}
