import type { KubeObject } from "../../api/meta.ts";

/** coordination.k8s.io/v1 Lease, as far as leader election reads it. */
export interface Lease extends KubeObject {
  readonly spec?: LeaseSpec;
}

/** Who holds it, and since when. */
export interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

/** undefined when nobody holds the Lease; a released one has no or an empty holder. */
export function holderOf(lease: Lease | undefined): string | undefined {
  const holder = lease?.spec?.holderIdentity;
  return holder === "" ? undefined : holder;
}
