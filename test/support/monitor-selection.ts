import type { DataObject } from "../../src/allocator/index.ts";
import { apiVersionOf } from "../../src/api/resource-type.ts";
import type { LabelSelector } from "../../src/prometheus-cr/label-matcher.ts";
import { MONITOR_RESOURCES, type Monitor, type MonitorKind } from "../../src/prometheus-cr/resources.ts";
import { type KindSelectors, MONITOR_KINDS, type SelectionSettings } from "../../src/prometheus-cr/selection.ts";

/** Selects all. */
export const EVERYTHING: LabelSelector = { matchLabels: {}, matchExpressions: [] };

interface StagedMonitor {
  /** @default "ServiceMonitor" */
  readonly kind?: MonitorKind;
  readonly labels?: Readonly<Record<string, string>>;
  /** @default "1" */
  readonly version?: string;
  readonly spec?: DataObject;
}

/** A monitor as an API server has it. */
export function monitor(namespace: string, name: string, staged: StagedMonitor = {}): Monitor {
  const { kind = "ServiceMonitor", labels = {}, version = "1", spec = {} } = staged;
  return {
    apiVersion: apiVersionOf(MONITOR_RESOURCES[kind]),
    kind,
    metadata: { namespace, name, labels, uid: `${kind}-${namespace}-${name}`, resourceVersion: version },
    spec,
  };
}

/** Settings in which nothing is selected but what is given; namespace selectors select everything. */
export function selectionOf(
  kinds: Readonly<Partial<Record<MonitorKind, Partial<KindSelectors>>>>,
  rest: Partial<SelectionSettings> = {},
): SelectionSettings {
  const selectors = MONITOR_KINDS.map((kind) => {
    const { objects, namespaces = EVERYTHING } = kinds[kind] ?? {};
    return [kind, { objects, namespaces }];
  });
  return {
    allowNamespaces: [],
    denyNamespaces: [],
    selectors: Object.fromEntries(selectors) as SelectionSettings["selectors"],
    ...rest,
  };
}
