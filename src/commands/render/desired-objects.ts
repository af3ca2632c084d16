import { stringify } from "yaml";
import type { KubeObject } from "../../api/meta.ts";
import { withDefaults } from "../../api/opentelemetry/default.ts";
import { warningsOf } from "../../api/opentelemetry/validate.ts";
import { buildCollector, findProblems } from "../../controllers/index.ts";
import type { ManifestOptions } from "../../options/operator-options.ts";
import { readTargetAllocatorFile } from "../../options/target-allocator-file.ts";
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
  /** `warning: FILE:LINE: what is probably not meant`. */
  readonly warnings: readonly string[];
}

/** What the operator would create for every OpenTelemetryCollector among the manifests. Unmanaged ones get nothing. */
export function toDesired(manifests: readonly Manifest[], settings: ManifestOptions): Desired {
  const resources: DesiredObjects[] = [];
  const problems: string[] = [];
  const warnings: string[] = [];
  for (const { type, object, at } of manifests) {
    if (type.kind !== "OpenTelemetryCollector") continue;
    const collector = withDefaults(object);
    if (collector.spec.managementState === "unmanaged") continue;
    const found = findProblems(collector);
    const { namespace = "", name } = collector.metadata;
    const where = `${at}: OpenTelemetryCollector ${namespace}/${name}`;
    problems.push(...found.map((problem) => `${where}: ${problem}`));
    warnings.push(...warningsOf(collector).map((warning) => `warning: ${where}: ${warning}`));
    if (found.length === 0) resources.push({ collector, objects: buildCollector({ collector, settings }) });
  }
  return { resources, problems, warnings };
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
export function findJobProblems(resources: readonly DesiredObjects[]): readonly string[] {
  return resources.flatMap(({ collector: { metadata }, objects }) => {
    const text = allocatorFileOf(objects);
    const rejected = text === undefined ? [] : (readTargetAllocatorFile(text).scrapeConfigs?.rejected ?? []);
    const where = `OpenTelemetryCollector ${metadata.namespace ?? ""}/${metadata.name}`;
    return rejected.map(({ jobName, problems }) => `${where}: job ${jobName}: ${problems.join("; ")}`);
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
