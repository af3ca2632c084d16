import { type KubeObject, objectKey } from "../../src/api/meta.ts";
import type { Namespace } from "../../src/discovery/kubernetes/objects.ts";
import type { RelatedObjects } from "../../src/discovery/kubernetes/related-objects.ts";
import type { AttachMetadata } from "../../src/discovery/kubernetes/settings.ts";

const NOTHING: AttachMetadata = { node: false, namespace: false, deployment: false, job: false, cronjob: false };

/** Caches that hold these objects. As with real ones, what is not attached cannot be found. */
export function related(objects: readonly KubeObject[] = [], given: Partial<AttachMetadata> = {}): RelatedObjects {
  const attach = { ...NOTHING, ...given };
  const find = (kind: string, key: string): KubeObject | undefined =>
    objects.find((object) => object.kind === kind && objectKey(object) === key);
  return {
    attach,
    node: (name) => (attach.node ? find("Node", name) : undefined),
    namespace: (name) => (attach.namespace ? (find("Namespace", name) as Namespace | undefined) : undefined),
    service: (ns, name) => find("Service", `${ns}/${name}`),
    pod: (ns, name) => find("Pod", `${ns}/${name}`),
    replicaSet: (ns, name) => (attach.deployment ? find("ReplicaSet", `${ns}/${name}`) : undefined),
    job: (ns, name) => (attach.cronjob ? find("Job", `${ns}/${name}`) : undefined),
  };
}
