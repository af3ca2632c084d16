import { isIP } from "node:net";

import type { KubeObject } from "../../api/meta.ts";

/** Where pods find the API server. All lists are sorted. */
export interface ApiServerAccess {
  /** The cluster's own addresses of it, and those of its instances: which of them a policy sees depends on the network. */
  readonly addresses: readonly string[];
  readonly ports: readonly number[];
  /**
   * False where addresses of nodes and of the control plane mean nothing to network policies, as to Cilium, which knows
   * these by what they are. @default true
   */
  readonly byAddress?: boolean;
}

interface Port {
  readonly port?: number;
}

interface ApiServerService extends KubeObject {
  readonly spec?: {
    readonly clusterIP?: string;
    readonly clusterIPs?: readonly string[];
    readonly ports?: readonly Port[];
  };
}

interface ApiServerEndpoints extends KubeObject {
  readonly endpoints?: readonly { readonly addresses?: readonly string[] }[] | null;
  readonly ports?: readonly Port[] | null;
}

/** The Service by which pods reach the API server, and the namespace of it and its EndpointSlices. */
export const API_SERVER_SERVICE = { namespace: "default", name: "kubernetes" } as const;

/**
 * How pods reach the API server: by the Service `default/kubernetes`, or by the instances behind it. Undefined unless
 * both are known: a policy that lets pods reach one half would work in some networks only.
 */
export function toApiServerAccess(
  service: KubeObject | undefined,
  slices: Iterable<KubeObject>,
): ApiServerAccess | undefined {
  const { spec } = (service ?? {}) as Partial<ApiServerService>;
  const behind = [...slices] as readonly ApiServerEndpoints[];
  const instances = behind.flatMap(({ endpoints }) => (endpoints ?? []).flatMap(({ addresses = [] }) => addresses));
  const own = [spec?.clusterIP ?? "", ...(spec?.clusterIPs ?? [])].filter((address) => isIP(address) !== 0);
  if (own.length === 0 || instances.length === 0) return undefined;
  const ports = [...(spec?.ports ?? []), ...behind.flatMap((slice) => slice.ports ?? [])].flatMap(
    ({ port }) => port ?? [],
  );
  return {
    addresses: [...new Set([...own, ...instances])].toSorted(),
    ports: [...new Set(ports)].toSorted((a, b) => a - b),
  };
}
