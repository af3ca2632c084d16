import type { KubeObject } from "../../api/meta.ts";
import type { DefaultedCollector } from "../../api/opentelemetry/default.ts";
import { LABEL_COMPONENT } from "../manifests/labels.ts";
import { objectId } from "../object-cache.ts";

const DEFAULT_VERSIONS = 3;

/**
 * Earlier configurations that stay for a while: pods of an earlier generation may still start from them. The newest
 * `configVersions` of those that are not desired.
 */
export function keptConfigMaps(
  { spec }: DefaultedCollector,
  owned: readonly KubeObject[],
  desired: readonly KubeObject[],
): ReadonlySet<string> {
  const current = new Set(desired.map(objectId));
  const earlier = owned.filter((object) => isCollectorConfigMap(object) && !current.has(objectId(object)));
  const newestFirst = earlier.toSorted((a, b) => compareAge(a, b) || (objectId(a) < objectId(b) ? -1 : 1));
  return new Set(newestFirst.slice(0, Math.max(1, spec.configVersions ?? DEFAULT_VERSIONS)).map(objectId));
}

function isCollectorConfigMap({ kind, metadata }: KubeObject): boolean {
  return kind === "ConfigMap" && metadata.labels?.[LABEL_COMPONENT] === "opentelemetry-collector";
}

function compareAge(a: KubeObject, b: KubeObject): number {
  return Date.parse(b.metadata.creationTimestamp ?? "") - Date.parse(a.metadata.creationTimestamp ?? "") || 0;
}
