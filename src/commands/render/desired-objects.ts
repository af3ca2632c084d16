import { stringify } from "yaml";
import type { KubeObject } from "../../api/meta.ts";
import { withDefaults } from "../../api/opentelemetry/default.ts";
import { warningsOf } from "../../api/opentelemetry/validate.ts";
import { RESOURCES, type ResourceType } from "../../api/resource-type.ts";
import { type DesiredResource, desiredResources } from "../../controllers/index.ts";
import type { ManifestOptions } from "../../options/operator-options.ts";
import { readTargetAllocatorFile } from "../../options/target-allocator-file.ts";
import type { Manifest } from "../manifests.ts";

export interface Desired {
  readonly resources: readonly DesiredResource[];
  /** `FILE:LINE: what is wrong`. */
  readonly problems: readonly string[];
  /** `warning: FILE:LINE: what is probably not meant`. */
  readonly warnings: readonly string[];
}

/**
 * What the operator would create for the OpenTelemetryCollectors and TargetAllocators among the manifests. Unmanaged ones
 * get nothing.
 */
export function toDesired(manifests: readonly Manifest[], settings: ManifestOptions): Desired {
  const places = new Map(manifests.map(({ object, at }) => [nameOf(object), at] as const));
  const placed = (object: KubeObject): string => `${places.get(nameOf(object)) ?? ""}: ${nameOf(object)}`;
  const ofKind = ({ kind }: ResourceType): readonly KubeObject[] =>
    manifests.filter(({ type }) => type.kind === kind).map(({ object }) => object);
  const collectors = ofKind(RESOURCES.OpenTelemetryCollector);
  const all = desiredResources({ collectors, allocators: ofKind(RESOURCES.TargetAllocator) }, settings);
  return {
    resources: all.filter(({ problems }) => problems.length === 0),
    problems: all.flatMap(({ resource, problems }) => problems.map((problem) => `${placed(resource)}: ${problem}`)),
    warnings: collectors
      .map((collector) => withDefaults(collector))
      .filter(({ spec }) => spec.managementState !== "unmanaged")
      .flatMap((collector) => warningsOf(collector).map((warning) => `warning: ${placed(collector)}: ${warning}`)),
  };
}

function nameOf({ kind, metadata: { namespace = "", name } }: KubeObject): string {
  return `${kind} ${namespace}/${name}`;
}

/** The key of a generated ConfigMap that an allocation runs on. */
const ALLOCATOR_FILE = "targetallocator.yaml";

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** The text of the target allocator's file among the objects of a resource; undefined without an allocator. */
export function allocatorFileOf(objects: readonly KubeObject[]): string | undefined {
  const configMaps = objects.filter(({ kind }) => kind === "ConfigMap") as readonly ConfigMap[];
  return configMaps.map(({ data }) => data?.[ALLOCATOR_FILE]).find((text) => text !== undefined);
}

/** What would keep jobs from being served, one a line: to be known before the objects are applied. */
export function findJobProblems(resources: readonly DesiredResource[]): readonly string[] {
  return resources.flatMap(({ resource, objects }) => {
    const text = allocatorFileOf(objects);
    const rejected = text === undefined ? [] : (readTargetAllocatorFile(text).scrapeConfigs?.rejected ?? []);
    return rejected.map(({ jobName, problems }) => `${nameOf(resource)}: job ${jobName}: ${problems.join("; ")}`);
  });
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
