import type { KubeObject } from "../../api/meta.ts";
import { isFreeForm, settingsOf } from "../../api/opentelemetry/components.ts";
import type { TargetAllocatorSpec } from "../../api/opentelemetry/v1beta1.ts";
import { RESOURCES, type ResourceType } from "../../api/resource-type.ts";
import { toSelectorText } from "../../discovery/label-selector.ts";
import type { ManifestOptions } from "../../options/operator-options.ts";
import { allocatorFileOf, toDesired } from "../render/desired-objects.ts";
import type { CustomResource, Deployment } from "./kinds.ts";
import { nameOf, type Observation, type ObservedAllocator } from "./observation.ts";

/** The allocators that the resources describe, as the operator would make them, and what keeps it from making them. */
export function describeAllocators(
  { collectors = [], targetAllocators = [] }: Pick<Observation, "collectors" | "targetAllocators">,
  settings: ManifestOptions,
): Pick<Observation, "allocators" | "invalid"> {
  const allocators: ObservedAllocator[] = [];
  const invalid = new Map<string, readonly string[]>();
  const owners = [
    ...collectors.map((object) => ({ type: RESOURCES.OpenTelemetryCollector, object })),
    ...targetAllocators.filter(isOnItsOwn).map((object) => ({ type: RESOURCES.TargetAllocator, object })),
  ];
  for (const { type, object } of owners) {
    const name = nameOf(object);
    const { resources, problems } = toDesired([{ type, object, at: "" }], settings);
    if (problems.length > 0)
      invalid.set(
        name,
        problems.map((problem) => problem.replace(/^.*?: .*?: /, "")),
      );
    for (const { objects } of resources) allocators.push(...describe(object, type, objects));
  }
  return { allocators, invalid };
}

/** One that is made for a collector says nothing that the collector does not. */
function isOnItsOwn({ metadata: { ownerReferences = [] } }: CustomResource): boolean {
  return !ownerReferences.some(({ kind }) => kind === RESOURCES.OpenTelemetryCollector.kind);
}

function describe(
  owner: CustomResource,
  type: ResourceType,
  objects: readonly KubeObject[],
): readonly ObservedAllocator[] {
  const fileText = allocatorFileOf(objects);
  const deployment = objects.find(isAllocatorDeployment);
  if (fileText === undefined || deployment === undefined) return [];
  const { namespace = "", name } = deployment.metadata;
  const { metadata, spec } = deployment.spec?.template ?? {};
  return [
    {
      owner,
      ...settingsOfAllocator(owner, type),
      name: { namespace, name },
      account: { namespace, name: spec?.serviceAccountName ?? "default" },
      podLabels: metadata?.labels ?? {},
      fileText,
      selector: selectorOf(owner),
    },
  ];
}

function settingsOfAllocator(
  owner: CustomResource,
  type: ResourceType,
): Pick<ObservedAllocator, "accountNamed" | "settingsPath" | "spec"> {
  const settingsPath = type.kind === RESOURCES.TargetAllocator.kind ? ["spec"] : ["spec", "targetAllocator"];
  const spec = settingsPath.reduce<unknown>((value, key) => settingsOf(value)[key], owner) as TargetAllocatorSpec;
  return { settingsPath, spec, accountNamed: (spec.serviceAccount ?? "") !== "" };
}

function isAllocatorDeployment(object: KubeObject): object is Deployment {
  const { "app.kubernetes.io/component": component } = object.metadata.labels ?? {};
  return object.kind === RESOURCES.Deployment.kind && component === "opentelemetry-targetallocator";
}

function selectorOf({ spec }: CustomResource): string | undefined {
  const { collectorSelector } = spec ?? {};
  return isFreeForm(collectorSelector) ? toSelectorText(collectorSelector) : undefined;
}
