import { readTargetAllocatorFile } from "../../options/target-allocator-file.ts";
import { planMonitors } from "../../pipeline/planned-monitors.ts";
import type { MonitorKind } from "../../prometheus-cr/resources.ts";
import { MONITOR_KINDS, Selection } from "../../prometheus-cr/selection.ts";
import { selectorField } from "./check-definitions.ts";
import type { Finding } from "./finding.ts";
import { nameOf, type Observation, type ObservedAllocator } from "./observation.ts";
import { withSettings } from "./with-settings.ts";

/** Selectors that select nothing: not set, or matched by nothing that there is. */
export function checkSelectors(observation: Observation): readonly Finding[] {
  return observation.allocators.flatMap((allocator) => {
    const selection = selectionOf(allocator);
    if (selection === undefined) return [];
    return [
      ...unsetSelectors(allocator, selection, observation),
      ...selection.kinds.flatMap((kind) => uselessSelector(kind, { allocator, selection, observation })),
      ...missingNamespaces(allocator, observation),
    ];
  });
}

/** Undefined when monitors are not read, or not as the settings say. */
function selectionOf({ fileText }: ObservedAllocator): Selection | undefined {
  try {
    const settings = planMonitors(readTargetAllocatorFile(fileText), "");
    return settings === undefined ? undefined : new Selection(settings.selection);
  } catch {
    return undefined;
  }
}

function unsetSelectors(
  allocator: ObservedAllocator,
  { kinds }: Selection,
  { monitors }: Observation,
): readonly Finding[] {
  const unset = MONITOR_KINDS.filter((kind) => !kinds.includes(kind));
  const present = unset.filter((kind) => (monitors[kind]?.length ?? 0) > 0);
  const object = nameOf(allocator.owner);
  if (kinds.length === 0) {
    const message = "prometheusCR is enabled and has no selector: an absent one (null) selects nothing, {} selects all";
    const apply = [withSelectors(allocator, present.length > 0 ? present : MONITOR_KINDS)];
    return [{ code: "NoMonitorSelector", object, message, mending: { apply } }];
  }
  return present.map((kind) => ({
    code: "MonitorSelectorNull",
    object,
    message: `prometheusCR.${selectorField(kind)} is absent (null), so none of the ${count(monitors[kind], kind)} is selected; {} selects all`,
    mending: { apply: [withSelectors(allocator, [kind])] },
  }));
}

function withSelectors(allocator: ObservedAllocator, kinds: readonly MonitorKind[]): ReturnType<typeof withSettings> {
  const selectors = Object.fromEntries(kinds.map((kind) => [selectorField(kind), {}]));
  return withSettings(allocator, { prometheusCR: selectors });
}

function count(objects: readonly unknown[] | undefined, kind: string): string {
  const many = objects?.length ?? 0;
  return `${String(many)} ${kind}${many === 1 ? "" : "s"}`;
}

interface Selecting {
  readonly allocator: ObservedAllocator;
  readonly selection: Selection;
  readonly observation: Observation;
}

function uselessSelector(kind: MonitorKind, { allocator, selection, observation }: Selecting): readonly Finding[] {
  const { monitors, namespaces } = observation;
  const objects = monitors[kind] ?? [];
  const labels = new Map((namespaces ?? []).map(({ metadata }) => [metadata.name, metadata.labels ?? {}]));
  // Without the labels of namespaces nothing can be said about selectors that go by them.
  if (objects.length === 0 || (namespaces === undefined && selection.readsNamespaces)) return [];
  const verdicts = objects.map((object) =>
    selection.decide(kind, object, labels.get(object.metadata.namespace ?? "") ?? {}),
  );
  const [first] = verdicts;
  if (first === undefined || verdicts.some(({ selected }) => selected)) return [];
  const example = `${nameOf(objects[0] as (typeof objects)[number])}: ${first.reason}`;
  const byLabels = verdicts.every(({ reason }) => reason.startsWith("its labels"));
  const field = byLabels ? selectorField(kind) : selectorField(kind).replace("Selector", "NamespaceSelector");
  return [
    {
      code: byLabels ? "SelectorSelectsNothing" : "NamespaceSelectorSelectsNothing",
      object: nameOf(allocator.owner),
      message: `none of the ${count(objects, kind)} is selected. ${example}`,
      mending: {
        apply: [
          withSettings(allocator, { prometheusCR: byLabels ? { [field]: {} } : openNamespaces(field, allocator) }),
        ],
      },
    },
  ];
}

/** Everything that keeps namespaces out, opened. */
function openNamespaces(field: string, { spec }: ObservedAllocator): object {
  const { allowNamespaces, denyNamespaces } = spec.prometheusCR ?? {};
  return {
    [field]: {},
    ...((allowNamespaces ?? []).length === 0 ? {} : { allowNamespaces: [] }),
    ...((denyNamespaces ?? []).length === 0 ? {} : { denyNamespaces: [] }),
  };
}

function missingNamespaces(allocator: ObservedAllocator, { namespaces }: Observation): readonly Finding[] {
  if (namespaces === undefined) return [];
  const there = new Set(namespaces.map(({ metadata }) => metadata.name));
  const missing = (allocator.spec.prometheusCR?.allowNamespaces ?? []).filter((name) => !there.has(name));
  return missing.map((name) => ({
    code: "NamespaceMissing",
    object: nameOf(allocator.owner),
    message: `prometheusCR.allowNamespaces names ${name}, which does not exist`,
    mending: { apply: [{ apiVersion: "v1", kind: "Namespace", metadata: { name } }] },
  }));
}
