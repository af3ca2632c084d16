import type { Cluster } from "../api/opentelemetry/check.ts";
import type { MtlsSpec } from "../api/opentelemetry/v1beta1.ts";
import type { KubeClient } from "../kube/client.ts";
import { RESOURCES } from "../api/resource-type.ts";
import { KubeError, NotFoundError } from "../kube/errors.ts";

/** Whether cert-manager is there; undefined when the API server does not say. */
export type AskForCertManager = (namespace: string, signal: AbortSignal) => Promise<boolean | undefined>;

/** Asks the API server for a Certificate, whichever: it knows no such path while there is no cert-manager. */
export function certManagerLookup(client: Pick<KubeClient, "get">): AskForCertManager {
  return async (namespace, signal) => {
    try {
      await client.get(RESOURCES.Certificate, { namespace, name: "any" }, signal);
      return true;
    } catch (error) {
      if (error instanceof NotFoundError) return false;
      if (error instanceof KubeError) return undefined;
      throw error;
    }
  };
}

/** A resource as far as its mutual TLS goes, and as it was before; undefined for one that is new. */
interface MtlsChange {
  readonly namespace: string;
  readonly mtls: MtlsSpec | undefined;
  readonly before: MtlsSpec | undefined;
}

/**
 * What is known of cert-manager, as far as a change depends on it. Who has relied on it before may go on: such a resource
 * must still be changeable and removable when cert-manager has gone.
 */
export async function clusterFor(
  { namespace, mtls, before }: MtlsChange,
  ask: AskForCertManager,
  signal: AbortSignal,
): Promise<Cluster> {
  if (!reliesOnCertManager(mtls) || reliesOnCertManager(before)) return {};
  const certManager = await ask(namespace, signal);
  return certManager === undefined ? {} : { certManager };
}

function reliesOnCertManager({ enabled, useCertManager }: MtlsSpec = {}): boolean {
  return enabled === true && useCertManager !== false;
}
