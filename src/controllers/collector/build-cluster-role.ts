import type { ObjectMeta } from "../../api/meta.ts";
import { componentRules } from "../../api/opentelemetry/component-rules.ts";
import type { DefaultedCollector } from "../../api/opentelemetry/default.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import type { Labels } from "../manifests/labels.ts";
import { type Manifest, manifest } from "../manifests/manifest.ts";
import { clusterRoleBindingName, clusterRoleName, collectorName } from "../manifests/names.ts";
import { type CollectorInput, collectorMeta } from "./collector-input.ts";

/** The ServiceAccount that collectors run as. */
export function collectorAccount({ spec, metadata }: DefaultedCollector): string {
  const given = spec.serviceAccount ?? "";
  return given === "" ? collectorName(metadata.name) : given;
}

/**
 * What the collectors' account is granted because of their configuration; nothing when that asks nothing of the API server.
 *
 * @param annotations - By which the objects are known as this collector's.
 */
export function buildClusterRole(input: CollectorInput, annotations: Labels): readonly Manifest[] {
  const rules = componentRules(input.collector.spec.config);
  if (rules.length === 0) return [];
  const { name, namespace = "" } = input.collector.metadata;
  const role = clusterRoleName(name, namespace);
  const subject = { kind: "ServiceAccount", name: collectorAccount(input.collector), namespace };
  const roleRef = { apiGroup: RESOURCES.ClusterRole.group, kind: RESOURCES.ClusterRole.kind, name: role };
  return [
    manifest(RESOURCES.ClusterRole, clusterMeta(input, role, annotations), { rules }),
    manifest(RESOURCES.ClusterRoleBinding, clusterMeta(input, clusterRoleBindingName(name, namespace), annotations), {
      subjects: [subject],
      roleRef,
    }),
  ];
}

/** Nothing in a namespace can own what stands outside of all. */
function clusterMeta(input: CollectorInput, name: string, added: Labels): ObjectMeta {
  const { labels = {}, annotations } = collectorMeta(input, { name, filtered: true });
  return { name, labels, annotations: { ...annotations, ...added } };
}
