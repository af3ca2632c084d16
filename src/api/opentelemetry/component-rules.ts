import { componentType, entryOf, settingsOf } from "./components.ts";
import type { CollectorConfig, FreeForm } from "./v1beta1.ts";

/** What a collector's account must be allowed to do in all namespaces: a rule of a ClusterRole. */
export interface ComponentRule {
  readonly apiGroups: readonly [string];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

type RulesOf = (settings: FreeForm) => readonly ComponentRule[];

const READ = ["get", "list", "watch"];
const EVERYTHING = ["get", "list", "watch", "create", "update", "patch", "delete"];

const rule = (group: string, resources: readonly string[], verbs: readonly string[]): ComponentRule => ({
  apiGroups: [group],
  resources,
  verbs,
});

/** Measured in relation to limits and requests, which kubelet tells on another path. */
const UTILIZATION = /^k8s\.(?:container|pod)\.(?:cpu|memory)_(?:limit|request)_utilization$/;

const kubeletStats: RulesOf = ({ extra_metadata_labels: labels, metrics }) => {
  const measured = Object.entries(settingsOf(metrics)).some(
    ([name, metric]) => UTILIZATION.test(name) && settingsOf(metric)["enabled"] === true,
  );
  const proxied = measured || (Array.isArray(labels) && labels.length > 0);
  return [rule("", ["nodes/stats"], ["get"]), ...(proxied ? [rule("", ["nodes/proxy"], ["get"])] : [])];
};

const k8sEvents: RulesOf = () => [rule("", ["events"], READ)];

const k8sCluster: RulesOf = ({ distribution }) => [
  rule(
    "",
    (
      "events namespaces namespaces/status nodes nodes/spec persistentvolumeclaims persistentvolumes pods pods/status " +
      "replicationcontrollers replicationcontrollers/status resourcequotas services"
    ).split(" "),
    READ,
  ),
  rule("apps", ["daemonsets", "deployments", "replicasets", "statefulsets"], READ),
  rule("extensions", ["daemonsets", "deployments", "replicasets"], READ),
  rule("batch", ["jobs", "cronjobs"], READ),
  rule("autoscaling", ["horizontalpodautoscalers"], READ),
  ...(distribution === "openshift" ? [rule("quota.openshift.io", ["clusterresourcequotas"], READ)] : []),
];

const k8sObjects: RulesOf = ({ objects }) =>
  settingsIn(objects).flatMap(({ name, group = "", mode = "pull" }) => {
    if (typeof name !== "string" || typeof group !== "string") return [];
    const isEvent = name === "events" || group === "events.k8s.io";
    const more = mode === "watch" ? ["watch"] : mode === "pull" && !isEvent ? ["get"] : [];
    return [rule(group, [name], ["list", ...more])];
  });

/** What is known of a pod only by the ReplicaSet that it belongs to. */
const BY_REPLICA_SET: ReadonlySet<unknown> = new Set(["k8s.deployment.uid", "k8s.deployment.name", "service.name"]);

const k8sAttributes: RulesOf = ({ extract }) => {
  const { metadata, labels, annotations } = settingsOf(extract);
  const wanted: readonly unknown[] = Array.isArray(metadata) ? metadata : [];
  const ofNodes =
    wanted.some((name) => String(name).includes("k8s.node")) ||
    [...settingsIn(labels), ...settingsIn(annotations)].some(({ from }) => from === "node");
  const ofReplicaSets = wanted.length === 0 || wanted.some((name) => BY_REPLICA_SET.has(name));
  return [
    rule("", ["pods", "namespaces"], READ),
    ...(ofReplicaSets ? [rule("apps", ["replicasets"], READ)] : []),
    ...(ofNodes ? [rule("", ["nodes"], READ)] : []),
  ];
};

const resourceDetection: RulesOf = ({ detectors }) => {
  const used: readonly unknown[] = Array.isArray(detectors) ? detectors : [];
  return [
    ...(used.includes("k8snode") ? [rule("", ["nodes"], ["get", "list"])] : []),
    ...(used.includes("openshift")
      ? [rule("config.openshift.io", ["infrastructures", "infrastructures/status"], READ)]
      : []),
  ];
};

const k8sLeaderElector: RulesOf = () => [rule("coordination.k8s.io", ["leases"], EVERYTHING)];

const k8sObserver: RulesOf = (settings) => {
  const { observe_pods: pods = true, observe_services: services, observe_nodes: nodes } = settings;
  const observed = Object.entries({ pods, services, nodes }).flatMap(([name, on]) => (on === true ? [name] : []));
  return [
    ...(observed.length === 0 ? [] : [rule("", observed, ["list", "watch"])]),
    ...(settings["observe_ingresses"] === true ? [rule("networking.k8s.io", ["ingresses"], ["list", "watch"])] : []),
  ];
};

/**
 * What components ask of the API server, by their types and the former names of these. From their own documentation, in
 * the selection of the Go operator.
 */
const RULES = {
  receivers: {
    kubelet_stats: kubeletStats,
    kubeletstats: kubeletStats,
    k8s_events: k8sEvents,
    k8s_cluster: k8sCluster,
    k8s_objects: k8sObjects,
    k8sobjects: k8sObjects,
  },
  processors: {
    k8s_attributes: k8sAttributes,
    k8sattributes: k8sAttributes,
    resource_detection: resourceDetection,
    resourcedetection: resourceDetection,
  },
  extensions: { k8s_leader_elector: k8sLeaderElector, k8s_observer: k8sObserver },
} as const satisfies Readonly<Record<string, Readonly<Record<string, RulesOf>>>>;

/**
 * Everything that the components in use need, each rule once: those that a pipeline or the service names. Of other
 * components nothing is known.
 */
export function componentRules(config: CollectorConfig): readonly ComponentRule[] {
  const service = settingsOf(config.service);
  const pipelines = Object.values(settingsOf(service["pipelines"])).map(settingsOf);
  const used = {
    receivers: pipelines.flatMap(({ receivers }) => idsIn(receivers)),
    processors: pipelines.flatMap(({ processors }) => idsIn(processors)),
    extensions: idsIn(service["extensions"]),
  };
  const rules = (["receivers", "processors", "extensions"] as const).flatMap((kind) =>
    [...new Set(used[kind])].flatMap((id) => {
      const rulesOf = entryOf<RulesOf>(RULES[kind], componentType(id));
      return rulesOf?.(settingsOf(entryOf(settingsOf(config[kind]), id))) ?? [];
    }),
  );
  return [...new Map(rules.map((each) => [JSON.stringify(each), each])).values()];
}

function idsIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((id) => typeof id === "string") : [];
}

function settingsIn(value: unknown): readonly FreeForm[] {
  return Array.isArray(value) ? value.map(settingsOf) : [];
}
