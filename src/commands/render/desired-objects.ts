import { stringify } from "yaml";
import type { KubeObject } from "../../api/meta.ts";
import { withDefaults } from "../../api/opentelemetry/default.ts";
import { buildCollector, findProblems } from "../../controllers/index.ts";
import type { ManifestOptions } from "../../options/operator-options.ts";
import type { Manifest } from "../manifests.ts";

/** A resource and what the operator would create for it. */
export interface DesiredObjects {
  readonly collector: KubeObject;
  /** In apply order. */
  readonly objects: readonly KubeObject[];
}

export interface Desired {
  readonly resources: readonly DesiredObjects[];
  /** `FILE:LINE: what is wrong`. */
  readonly problems: readonly string[];
}

/** What the operator would create for every OpenTelemetryCollector among the manifests. Unmanaged ones get nothing. */
export function toDesired(manifests: readonly Manifest[], settings: ManifestOptions): Desired {
  const resources: DesiredObjects[] = [];
  const problems: string[] = [];
  for (const { type, object, at } of manifests) {
    if (type.kind !== "OpenTelemetryCollector") continue;
    const collector = withDefaults(object);
    if (collector.spec.managementState === "unmanaged") continue;
    const found = findProblems(collector);
    const { namespace = "", name } = collector.metadata;
    problems.push(...found.map((problem) => `${at}: OpenTelemetryCollector ${namespace}/${name}: ${problem}`));
    if (found.length === 0) resources.push({ collector, objects: buildCollector({ collector, settings }) });
  }
  return { resources, problems };
}

/** The object without owners: their UIDs are known to a cluster only. */
export function withoutOwners(object: KubeObject): KubeObject {
  const { ownerReferences: _ownerReferences, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** Objects as a YAML stream for kubectl. */
export function toYamlStream(objects: readonly KubeObject[]): string {
  return objects
    .map((object) => `---\n${stringify(withoutOwners(object), { lineWidth: 0, aliasDuplicateObjects: false })}`)
    .join("");
}
