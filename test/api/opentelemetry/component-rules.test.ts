import { describe, expect, it } from "@jest/globals";

import { type ComponentRule, componentRules } from "../../../src/api/opentelemetry/component-rules.ts";
import type { CollectorConfig } from "../../../src/api/opentelemetry/v1beta1.ts";

interface Components {
  readonly receivers?: Readonly<Record<string, unknown>>;
  readonly processors?: Readonly<Record<string, unknown>>;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

function configOf({ receivers = {}, processors = {}, extensions = {} }: Components): CollectorConfig {
  const pipeline = { receivers: Object.keys(receivers), processors: Object.keys(processors), exporters: ["debug"] };
  const service = { extensions: Object.keys(extensions), pipelines: { metrics: pipeline } };
  return { receivers, processors, extensions, exporters: { debug: {} }, service };
}

/** `group/resource: verbs`, a line for each rule. */
const shown = (rules: readonly ComponentRule[]): readonly string[] =>
  rules.map(({ apiGroups: [group], resources, verbs }) => `${group}/${resources.join(",")}: ${verbs.join(",")}`);

const READ = "get,list,watch";
const CORE_OF_CLUSTER =
  "/events,namespaces,namespaces/status,nodes,nodes/spec,persistentvolumeclaims,persistentvolumes,pods,pods/status," +
  `replicationcontrollers,replicationcontrollers/status,resourcequotas,services: ${READ}`;
const CLUSTER = [
  CORE_OF_CLUSTER,
  `apps/daemonsets,deployments,replicasets,statefulsets: ${READ}`,
  `extensions/daemonsets,deployments,replicasets: ${READ}`,
  `batch/jobs,cronjobs: ${READ}`,
  `autoscaling/horizontalpodautoscalers: ${READ}`,
];

describe("componentRules", () => {
  it.each<{ name: string; components: Components; want: readonly string[] }>([
    { name: "nothing for what does not ask the API server", components: { receivers: { prometheus: {} } }, want: [] },
    { name: "a kubelet's statistics", components: { receivers: { kubelet_stats: null } }, want: ["/nodes/stats: get"] },
    {
      name: "a kubelet's other paths for labels of volumes and containers",
      components: { receivers: { "kubeletstats/x": { extra_metadata_labels: ["container.id"] } } },
      want: ["/nodes/stats: get", "/nodes/proxy: get"],
    },
    {
      name: "the same for utilization",
      components: {
        receivers: { kubeletstats: { metrics: { "k8s.pod.memory_limit_utilization": { enabled: true } } } },
      },
      want: ["/nodes/stats: get", "/nodes/proxy: get"],
    },
    {
      name: "not for utilization that is off, or of nodes",
      components: {
        receivers: {
          kubeletstats: {
            metrics: { "k8s.pod.cpu_request_utilization": { enabled: false }, "k8s.node.uptime": { enabled: true } },
          },
        },
      },
      want: ["/nodes/stats: get"],
    },
    { name: "events", components: { receivers: { k8s_events: {} } }, want: [`/events: ${READ}`] },
    { name: "what a cluster consists of", components: { receivers: { k8s_cluster: {} } }, want: CLUSTER },
    {
      name: "the same on OpenShift",
      components: { receivers: { k8s_cluster: { distribution: "openshift" } } },
      want: [...CLUSTER, `quota.openshift.io/clusterresourcequotas: ${READ}`],
    },
    {
      name: "objects as they are asked for",
      components: {
        receivers: {
          k8sobjects: {
            objects: [
              { name: "pods" },
              { name: "events", group: "events.k8s.io", mode: "watch" },
              { name: "events", mode: "pull" },
              { name: "deployments", group: "apps", mode: "pull" },
              { group: "apps" },
              "pods",
            ],
          },
        },
      },
      want: ["/pods: list,get", "events.k8s.io/events: list,watch", "/events: list", "apps/deployments: list,get"],
    },
    {
      name: "what attributes come from when none are chosen",
      components: { processors: { k8sattributes: {} } },
      want: [`/pods,namespaces: ${READ}`, `apps/replicasets: ${READ}`],
    },
    {
      name: "what chosen attributes come from",
      components: { processors: { "k8s_attributes/a": { extract: { metadata: ["k8s.pod.name", "k8s.node.uid"] } } } },
      want: [`/pods,namespaces: ${READ}`, `/nodes: ${READ}`],
    },
    {
      name: "nodes for their labels",
      components: {
        processors: {
          k8sattributes: { extract: { metadata: ["service.name"], labels: [{ key: "a", from: "node" }] } },
        },
      },
      want: [`/pods,namespaces: ${READ}`, `apps/replicasets: ${READ}`, `/nodes: ${READ}`],
    },
    {
      name: "what detectors look at",
      components: { processors: { resourcedetection: { detectors: ["env", "k8snode", "openshift"] } } },
      want: ["/nodes: get,list", `config.openshift.io/infrastructures,infrastructures/status: ${READ}`],
    },
    { name: "nothing for other detectors", components: { processors: { resource_detection: null } }, want: [] },
    {
      name: "leases for an election",
      components: { extensions: { k8s_leader_elector: {} } },
      want: ["coordination.k8s.io/leases: get,list,watch,create,update,patch,delete"],
    },
    {
      name: "what is observed",
      components: { extensions: { k8s_observer: { observe_nodes: true, observe_ingresses: true } } },
      want: ["/pods,nodes: list,watch", "networking.k8s.io/ingresses: list,watch"],
    },
    {
      name: "nothing that is not observed",
      components: { extensions: { k8s_observer: { observe_pods: false } } },
      want: [],
    },
    {
      name: "each rule once",
      components: { receivers: { "k8s_events/a": {}, "k8s_events/b": {} } },
      want: [`/events: ${READ}`],
    },
  ])("are $name", ({ components, want }) => {
    expect(shown(componentRules(configOf(components)))).toEqual(want);
  });

  it("are nothing for components that nobody uses", () => {
    const config = configOf({ receivers: { otlp: {} } });
    const unused = { ...config, receivers: { ...config.receivers, k8s_events: {} }, extensions: { k8s_observer: {} } };
    expect(componentRules(unused)).toEqual([]);
  });

  it.each([{}, { service: null }, { service: { pipelines: { a: null }, extensions: {} } }])(
    "bears with %j",
    (config) => {
      expect(componentRules(config as unknown as CollectorConfig)).toEqual([]);
    },
  );
});
