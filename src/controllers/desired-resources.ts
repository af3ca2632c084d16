import type { KubeObject } from "../api/meta.ts";
import { withTargetAllocatorDefaults } from "../api/opentelemetry/default-target-allocator.ts";
import { withDefaults } from "../api/opentelemetry/default.ts";
import type { TargetAllocator } from "../api/opentelemetry/target-allocator.ts";
import type { OpenTelemetryCollector } from "../api/opentelemetry/v1beta1.ts";
import { RESOURCES } from "../api/resource-type.ts";
import { buildCollector } from "./collector/build.ts";
import { findProblems } from "./collector/collector-problems.ts";
import { missingAllocator } from "./collector/missing-allocator.ts";
import type { Manifest } from "./manifests/manifest.ts";
import type { ManifestSettings } from "./manifests/manifest-settings.ts";
import { attachedCollectors, labelledAllocator, namesOfServed } from "./target-allocator/attachment.ts";
import { buildAllocator } from "./target-allocator/build.ts";
import { toAllocatorInput } from "./target-allocator/to-allocator-input.ts";

/** What belongs together in a cluster that holds no other resources of ours. */
export interface GivenResources {
  readonly collectors: readonly OpenTelemetryCollector[];
  readonly allocators: readonly TargetAllocator[];
}

/** A resource and what would be made for it. */
export interface DesiredResource {
  /** A collector or a TargetAllocator, as it was given. */
  readonly resource: KubeObject;
  /** In apply order; for a collector with an allocator of its own with the objects of that. */
  readonly objects: readonly Manifest[];
  /** Names of the collectors that get their targets from the allocator among the objects, sorted. */
  readonly served: readonly string[];
  /** Why nothing would be made. */
  readonly problems: readonly string[];
}

/** What the operator would make for these resources. Those that it must leave alone get nothing and are left out. */
export function desiredResources(given: GivenResources, settings: ManifestSettings): readonly DesiredResource[] {
  const world: GivenResources = { ...given, collectors: given.collectors.map(withUid) };
  return [
    ...world.collectors.filter(isManaged).map((collector) => desiredOfCollector(collector, world, settings)),
    ...world.allocators.filter(isManaged).map((allocator) => desiredOfAllocator(allocator, world, settings)),
  ];
}

function isManaged({ spec }: OpenTelemetryCollector | TargetAllocator): boolean {
  return spec?.managementState !== "unmanaged";
}

/** Only a cluster gives these, and owners are told apart by nothing else. */
function withUid(collector: OpenTelemetryCollector): OpenTelemetryCollector {
  const { namespace = "", name, uid = `${namespace}/${name}` } = collector.metadata;
  return { ...collector, metadata: { ...collector.metadata, uid } };
}

function desiredOfCollector(
  resource: OpenTelemetryCollector,
  world: GivenResources,
  settings: ManifestSettings,
): DesiredResource {
  const collector = withDefaults(resource);
  const name = labelledAllocator(collector);
  const namedAllocator = world.allocators.find(
    ({ metadata }) => metadata.namespace === collector.metadata.namespace && metadata.name === name,
  );
  const missing = name === undefined || namedAllocator !== undefined ? [] : [missingAllocator(collector, name)];
  const problems = [...missing, ...findProblems(collector, { namedAllocator })];
  if (problems.length > 0) return { resource, objects: [], served: [], problems };
  const objects = buildCollector({ collector, settings, namedAllocator });
  const own = objects.find(({ kind }) => kind === RESOURCES.TargetAllocator.kind);
  if (own === undefined) return { resource, objects, served: [], problems };
  const allocator = desiredOfAllocator(own, world, settings);
  return { ...allocator, resource, objects: [...objects, ...allocator.objects] };
}

function desiredOfAllocator(
  resource: TargetAllocator,
  { collectors }: GivenResources,
  settings: ManifestSettings,
): DesiredResource {
  const allocator = withTargetAllocatorDefaults(resource);
  const attached = attachedCollectors(allocator, collectors);
  const { input, problems } = toAllocatorInput({ allocator, attached, settings });
  const objects = problems.length === 0 ? buildAllocator(input) : [];
  return { resource, objects, served: namesOfServed(allocator, attached), problems };
}
