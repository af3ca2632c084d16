import type { KubeObject } from "../../api/meta.ts";
import { isFreeForm, settingsOf } from "../../api/opentelemetry/components.ts";
import type { TargetAllocatorSpec } from "../../api/opentelemetry/v1beta1.ts";
import { RESOURCES } from "../../api/resource-type.ts";
import { desiredResources } from "../../controllers/index.ts";
import { toSelectorText } from "../../discovery/label-selector.ts";
import type { ManifestOptions } from "../../options/operator-options.ts";
import { allocatorFileOf } from "../render/desired-objects.ts";
import type { CustomResource, Deployment } from "./kinds.ts";
import { nameOf, type Observation, type ObservedAllocator } from "./observation.ts";

/** The label by which a collector names the TargetAllocator that it uses. */
export const USES_ALLOCATOR = "opentelemetry.io/target-allocator";

/** The allocators that the resources describe, as the operator would make them, and what keeps it from making them. */
export function describeAllocators(
  { collectors = [], targetAllocators }: Pick<Observation, "collectors" | "targetAllocators">,
  settings: ManifestOptions,
): Pick<Observation, "allocators" | "invalid"> {
  const given = {
    // A collector of which the named allocator may not be read is not to be judged. What the API server has stored is
    // what its schema says.
    collectors: (targetAllocators === undefined ? collectors.filter(isOnItsOwn) : collectors) as unknown as Collectors,
    allocators: (targetAllocators ?? []).filter(isOnItsOwn),
  };
  const described = desiredResources(given, settings);
  const invalid = described.filter(({ problems }) => problems.length > 0);
  return {
    allocators: described.flatMap(({ resource, objects }) => describe(resource, objects)),
    invalid: new Map(invalid.map(({ resource, problems }) => [nameOf(resource), problems])),
  };
}

type Collectors = Parameters<typeof desiredResources>[0]["collectors"];

/** An allocator that is made for a collector says nothing that the collector does not. */
function isOnItsOwn({ metadata: { ownerReferences = [], labels } }: CustomResource): boolean {
  const { [USES_ALLOCATOR]: used = "" } = labels ?? {};
  return used === "" && !ownerReferences.some(({ kind }) => kind === RESOURCES.OpenTelemetryCollector.kind);
}

function describe(owner: CustomResource, objects: readonly KubeObject[]): readonly ObservedAllocator[] {
  const fileText = allocatorFileOf(objects);
  const deployment = objects.find(isAllocatorDeployment);
  const port = portOf(owner, deployment);
  if (fileText === undefined || deployment === undefined || port === undefined) return [];
  const { namespace = "", name } = deployment.metadata;
  const { metadata, spec } = deployment.spec?.template ?? {};
  return [
    {
      owner,
      ...settingsOfAllocator(owner),
      name: { namespace, name },
      account: { namespace, name: spec?.serviceAccountName ?? "default" },
      podLabels: metadata?.labels ?? {},
      port,
      fileText,
      selector: selectorOf(owner),
    },
  ];
}

function settingsOfAllocator(owner: CustomResource): Pick<ObservedAllocator, "accountNamed" | "settingsPath" | "spec"> {
  const settingsPath = owner.kind === RESOURCES.TargetAllocator.kind ? ["spec"] : ["spec", "targetAllocator"];
  const spec = settingsPath.reduce<unknown>((value, key) => settingsOf(value)[key], owner) as TargetAllocatorSpec;
  return { settingsPath, spec, accountNamed: (spec.serviceAccount ?? "") !== "" };
}

/** Of ports of one name the first counts, as for Services. */
function portOf(owner: CustomResource, deployment: Deployment | undefined): ObservedAllocator["port"] | undefined {
  const name = settingsOfAllocator(owner).spec.mtls?.enabled === true ? "https" : "http";
  const ports = (deployment?.spec?.template?.spec?.containers ?? []).flatMap((container) => container.ports ?? []);
  const found = ports.find((port) => port.name === name);
  return found && { name, number: found.containerPort };
}

function isAllocatorDeployment(object: KubeObject): object is Deployment {
  const { "app.kubernetes.io/component": component } = object.metadata.labels ?? {};
  return object.kind === RESOURCES.Deployment.kind && component === "opentelemetry-targetallocator";
}

function selectorOf({ spec }: CustomResource): string | undefined {
  const { collectorSelector } = spec ?? {};
  return isFreeForm(collectorSelector) ? toSelectorText(collectorSelector) : undefined;
}
