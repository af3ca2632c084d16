import { entryOf, settingsOf } from "../../api/opentelemetry/components.ts";
import type {
  FreeForm,
  LabelSelector,
  PrometheusCRSpec,
  TargetAllocatorSpec,
} from "../../api/opentelemetry/v1beta1.ts";
import { RESOURCES, type ResourceType } from "../../api/resource-type.ts";

/** Something that the account of a target allocator must be allowed to do, and why. */
export interface AccessNeed {
  /** What it is for, as in "to find collectors". */
  readonly reason: string;
  /** Undefined: in all namespaces, or of kinds that stand in none. */
  readonly namespace: string | undefined;
  readonly group: string;
  /** Plural names, sorted. */
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  /** Whether targets are missing without it, or only what monitors with credentials find. */
  readonly importance: "always" | "credentials";
}

/** What the needs follow from. */
export interface AllocatorDuties {
  /** Of the allocator and its collectors. */
  readonly namespace: string;
  readonly spec: Pick<TargetAllocatorSpec, "prometheusCR" | "allocationStrategy">;
  /** The jobs of the configuration. */
  readonly scrapeConfigs: readonly unknown[];
}

/** What an informer does. */
const FOLLOW = ["list", "watch"];
/** What must not be watched is read again and again. */
const READ = ["get", ...FOLLOW];

const { ConfigMap, Endpoints, EndpointSlice, Ingress, Job, Namespace, Node, Pod, ReplicaSet, Secret, Service } =
  RESOURCES;

/** What each role of kubernetes_sd_configs reads. */
const ROLE_TYPES: Readonly<Record<string, readonly ResourceType[]>> = {
  pod: [Pod],
  node: [Node],
  service: [Service],
  ingress: [Ingress],
  endpoints: [Endpoints, Pod, Service],
  endpointslice: [EndpointSlice, Pod, Service],
};

/** What `attach_metadata` reads besides. */
const ATTACHED_TYPES: Readonly<Record<string, ResourceType>> = {
  node: Node,
  namespace: Namespace,
  deployment: ReplicaSet,
  cronjob: Job,
};

const monitorType = (version: string, kind: string, plural: string): ResourceType => ({
  group: "monitoring.coreos.com",
  version,
  kind,
  plural,
  namespaced: true,
});

/** The monitors that a selector may select, and the kinds that their jobs discover targets from. */
const MONITORS = [
  {
    selector: "serviceMonitorSelector",
    type: RESOURCES.ServiceMonitor,
    types: [Endpoints, EndpointSlice, Pod, Service],
  },
  { selector: "podMonitorSelector", type: RESOURCES.PodMonitor, types: [Pod] },
  { selector: "probeSelector", type: monitorType("v1", "Probe", "probes"), types: [Ingress] },
  { selector: "scrapeConfigSelector", type: monitorType("v1alpha1", "ScrapeConfig", "scrapeconfigs"), types: [] },
] as const;

const NAMESPACE_SELECTORS = [
  "serviceMonitorNamespaceSelector",
  "podMonitorNamespaceSelector",
  "probeNamespaceSelector",
  "scrapeConfigNamespaceSelector",
] as const;

/** In the place of a namespace. */
const ALL: Place = undefined;

/**
 * The least that the account of an allocator needs for its configuration, sorted and each once: for its collectors, for
 * kubernetes_sd_configs that name no other cluster, and for the monitors that it may select.
 */
export function accessNeeds({ namespace, spec, scrapeConfigs }: AllocatorDuties): readonly AccessNeed[] {
  const { allocationStrategy, prometheusCR } = spec;
  return merged([
    ...needs("to find the collectors", [Pod], [namespace]),
    ...(allocationStrategy === "zone-aware" ? needs("to know the zones of the collectors", [Node], [ALL]) : []),
    ...scrapeConfigs.flatMap((job) => needsOfJob(settingsOf(job), namespace)),
    ...(prometheusCR?.enabled === true ? needsOfMonitors(prometheusCR, namespace) : []),
  ]);
}

type Place = string | undefined;

function needs(
  reason: string,
  types: readonly ResourceType[],
  places: readonly Place[],
  importance: AccessNeed["importance"] = "always",
): readonly AccessNeed[] {
  return types.flatMap(({ group, plural, namespaced }) =>
    (namespaced ? places : [ALL]).map((namespace) => ({
      reason,
      namespace,
      group,
      resources: [plural],
      verbs: importance === "credentials" ? READ : FOLLOW,
      importance,
    })),
  );
}

function needsOfJob(job: FreeForm, own: string): readonly AccessNeed[] {
  const configs = Array.isArray(job["kubernetes_sd_configs"]) ? job["kubernetes_sd_configs"].map(settingsOf) : [];
  return configs.filter(isOwnCluster).flatMap((config) => {
    const { role } = config;
    const types = typeof role === "string" ? (entryOf(ROLE_TYPES, role) ?? []) : [];
    const attached = Object.entries(settingsOf(config["attach_metadata"]))
      .filter(([, wanted]) => wanted === true)
      .flatMap(([name]) => entryOf(ATTACHED_TYPES, name) ?? []);
    return needs("to discover the targets of kubernetes_sd_configs", [...types, ...attached], placesOf(config, own));
  });
}

/** `api_server` and `kubeconfig_file` lead elsewhere, with other credentials. */
function isOwnCluster({ api_server: server, kubeconfig_file: file }: FreeForm): boolean {
  return [server, file].every((value) => value === undefined || value === null || value === "");
}

function placesOf({ namespaces }: FreeForm, own: string): readonly Place[] {
  const { names, own_namespace: withOwn } = settingsOf(namespaces);
  const listed = [...(Array.isArray(names) ? names.map(String) : []), ...(withOwn === true ? [own] : [])];
  return listed.length === 0 || listed.includes("") ? [ALL] : listed;
}

function needsOfMonitors(spec: PrometheusCRSpec, own: string): readonly AccessNeed[] {
  const places = spec.allowNamespaces === undefined || spec.allowNamespaces.length === 0 ? [ALL] : spec.allowNamespaces;
  const selected = MONITORS.filter(({ selector }) => spec[selector] !== undefined);
  if (selected.length === 0) return [];
  const secretPlaces = (spec.secretNamespaces ?? []).length === 0 ? [own] : (spec.secretNamespaces ?? []);
  return [
    ...selected.flatMap(({ type }) => needs("to follow the monitors that it selects", [type], places)),
    ...selected.flatMap(({ types }) => needs("to discover the targets of monitors", types, places)),
    ...(NAMESPACE_SELECTORS.some((selector) => isSelective(spec[selector]))
      ? needs("to know the labels of namespaces that it selects by", [Namespace], [ALL])
      : []),
    ...needs("to read the credentials that monitors name", [ConfigMap, Secret], secretPlaces, "credentials"),
  ];
}

/** `{}` selects all, without a look at labels. */
function isSelective(selector: LabelSelector | undefined): boolean {
  return Object.keys(selector?.matchLabels ?? {}).length + (selector?.matchExpressions ?? []).length > 0;
}

/** One for each reason, group and place; what is needed everywhere is not told again of a namespace. */
function merged(all: readonly AccessNeed[]): readonly AccessNeed[] {
  const everywhere = new Set(all.filter(({ namespace }) => namespace === ALL).flatMap(resourceKeys));
  const told = new Set<string>();
  const groups = new Map<string, AccessNeed>();
  for (const one of all) {
    const place = one.namespace ?? "";
    const key = `${place} ${one.reason} ${one.group}`;
    const fresh = one.resources.filter((resource) => {
      const id = `${one.group}/${resource}`;
      if (one.namespace !== ALL && everywhere.has(id)) return false;
      return !told.has(`${place} ${id}`) && told.add(`${place} ${id}`).size > 0;
    });
    if (fresh.length === 0) continue;
    const before = groups.get(key)?.resources ?? [];
    groups.set(key, { ...one, resources: [...before, ...fresh].toSorted() });
  }
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

function resourceKeys({ group, resources }: AccessNeed): readonly string[] {
  return resources.map((resource) => `${group}/${resource}`);
}
