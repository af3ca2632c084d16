import type { ResourceType } from "../../api/resource-type.ts";

/** What an API server does differently from kind to kind. */
export interface KindTraits {
  /** Whether status is written through its own subresource, and only through it. */
  readonly statusSubresource: boolean;
  /** Whether metadata.generation counts changes of the desired state. */
  readonly generation: boolean;
  /** Whether replace works without a resourceVersion. */
  readonly unconditionalUpdate: boolean;
  /** Names below spec that cannot change once set. */
  readonly immutable: readonly string[];
}

const PLAIN = { statusSubresource: false, generation: false };
const UNCOUNTED = { generation: false };
const CONDITIONAL = { unconditionalUpdate: false };
const SELECTOR = { immutable: ["selector"] };

/** Kinds that differ from {@link BUILT_IN}. */
const EXCEPTIONS: Readonly<Record<string, Partial<KindTraits>>> = {
  ConfigMap: PLAIN,
  Secret: PLAIN,
  ServiceAccount: PLAIN,
  Endpoints: PLAIN,
  Event: PLAIN,
  Lease: { ...PLAIN, ...CONDITIONAL },
  EndpointSlice: { statusSubresource: false },
  Service: UNCOUNTED,
  Node: UNCOUNTED,
  Namespace: UNCOUNTED,
  PodDisruptionBudget: CONDITIONAL,
  CustomResourceDefinition: CONDITIONAL,
  Deployment: SELECTOR,
  DaemonSet: SELECTOR,
  ReplicaSet: SELECTOR,
  StatefulSet: { immutable: ["selector", "serviceName", "podManagementPolicy", "volumeClaimTemplates"] },
};

const BUILT_IN: KindTraits = { statusSubresource: true, generation: true, unconditionalUpdate: true, immutable: [] };
const CUSTOM: KindTraits = { ...BUILT_IN, ...CONDITIONAL };

/** Custom resources are taken to have a status subresource. */
export function traitsOf({ group, kind }: ResourceType): KindTraits {
  const isBuiltIn = !group.includes(".") || group.endsWith(".k8s.io");
  return isBuiltIn ? { ...BUILT_IN, ...EXCEPTIONS[kind] } : CUSTOM;
}
