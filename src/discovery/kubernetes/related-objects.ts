import type { KubeObject } from "../../api/meta.ts";
import type { Namespace, Node, Pod, Service } from "./objects.ts";
import type { AttachMetadata } from "./settings.ts";

/**
 * What a role looks at beside its own object. A lookup answers undefined for what the cache does not hold, and for
 * everything that the settings do not attach.
 */
export interface RelatedObjects {
  readonly attach: AttachMetadata;
  node(name: string): Node | undefined;
  namespace(name: string): Namespace | undefined;
  service(namespace: string, name: string): Service | undefined;
  pod(namespace: string, name: string): Pod | undefined;
  replicaSet(namespace: string, name: string): KubeObject | undefined;
  job(namespace: string, name: string): KubeObject | undefined;
}
