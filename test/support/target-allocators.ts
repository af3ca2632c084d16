import type { KubeObject, ObjectMeta } from "../../src/api/meta.ts";
import type { TargetAllocator, TargetAllocatorResourceSpec } from "../../src/api/opentelemetry/target-allocator.ts";
import { controllerReference } from "../../src/controllers/manifests/owner-reference.ts";

export interface TargetAllocatorOptions {
  readonly metadata?: Partial<ObjectMeta>;
  readonly spec?: TargetAllocatorResourceSpec;
  /** The collector that it was made for. @default a user made it */
  readonly maker?: KubeObject;
}

/** A TargetAllocator without jobs of its own. */
export function targetAllocator({ metadata, spec = {}, maker }: TargetAllocatorOptions = {}): TargetAllocator {
  return {
    apiVersion: "opentelemetry.io/v1alpha1",
    kind: "TargetAllocator",
    metadata: {
      name: "main",
      namespace: "shop",
      uid: "uid-allocator",
      generation: 1,
      ...(maker === undefined ? {} : { ownerReferences: [controllerReference(maker)] }),
      ...metadata,
    },
    spec,
  };
}
