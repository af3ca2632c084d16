import { describe, expect, it } from "@jest/globals";
import type { Pod } from "../../../src/discovery/kubernetes/objects.ts";
import { buildPodGroup } from "../../../src/discovery/kubernetes/pod.ts";
import { namespace, node, ownedBy, owner, pod, ready, runningPod } from "../../support/cluster-objects.ts";
import { toPlain } from "../../support/label-groups.ts";
import { related } from "../../support/related-objects.ts";

const M = "__meta_kubernetes_";
const build = (object: Pod, objects: Parameters<typeof related>[0] = [], attach: Parameters<typeof related>[1] = {}) =>
  toPlain(buildPodGroup(object, `pod/shop/${object.metadata.name}`, related(objects, attach)));

describe("buildPodGroup", () => {
  it("labels the group with the pod's state, place and metadata", () => {
    const web = runningPod("web-0", {
      metadata: {
        labels: { app: "web", "app.kubernetes.io/name": "web" },
        annotations: { "prometheus.io/scrape": "true" },
      },
    });
    expect(build(web)).toEqual({
      source: "pod/shop/web-0",
      labels: {
        [`${M}namespace`]: "shop",
        [`${M}pod_annotation_prometheus_io_scrape`]: "true",
        [`${M}pod_annotationpresent_prometheus_io_scrape`]: "true",
        [`${M}pod_host_ip`]: "10.0.0.1",
        [`${M}pod_ip`]: "10.1.0.1",
        [`${M}pod_label_app`]: "web",
        [`${M}pod_label_app_kubernetes_io_name`]: "web",
        [`${M}pod_labelpresent_app`]: "true",
        [`${M}pod_labelpresent_app_kubernetes_io_name`]: "true",
        [`${M}pod_name`]: "web-0",
        [`${M}pod_node_name`]: "node-1",
        [`${M}pod_phase`]: "Running",
        [`${M}pod_ready`]: "true",
        [`${M}pod_uid`]: "uid-web-0",
      },
      targets: [
        {
          __address__: "10.1.0.1:8080",
          [`${M}pod_container_id`]: "",
          [`${M}pod_container_image`]: "shop/app:1",
          [`${M}pod_container_init`]: "false",
          [`${M}pod_container_name`]: "app",
          [`${M}pod_container_port_name`]: "http",
          [`${M}pod_container_port_number`]: "8080",
          [`${M}pod_container_port_protocol`]: "TCP",
        },
      ],
    });
  });

  it("gives a target per declared port of any protocol, and one bare address for a container without ports", () => {
    const object = runningPod("web-0", {
      spec: {
        containers: [
          {
            name: "a",
            image: "a:1",
            ports: [
              { name: "tcp", containerPort: 80 },
              { containerPort: 53, protocol: "UDP" },
            ],
          },
          { name: "b", image: "b:1" },
        ],
      },
      status: {
        phase: "Running",
        podIP: "10.1.0.1",
        containerStatuses: [{ name: "b", containerID: "containerd://b" }],
      },
    });
    const { targets } = build(object);
    expect(targets.map((target) => target["__address__"])).toEqual(["10.1.0.1:80", "10.1.0.1:53", "10.1.0.1"]);
    expect(targets.map((target) => target[`${M}pod_container_port_protocol`])).toEqual(["TCP", "UDP", undefined]);
    expect(targets[1]?.[`${M}pod_container_port_name`]).toBe("");
    expect(targets[2]?.[`${M}pod_container_id`]).toBe("containerd://b");
  });

  it("takes init containers after the others, with the id from their own statuses", () => {
    const object = runningPod("web-0", {
      spec: { containers: [{ name: "same" }], initContainers: [{ name: "same", image: "i:1" }] },
      status: {
        podIP: "10.1.0.1",
        containerStatuses: [{ name: "same", containerID: "one" }],
        initContainerStatuses: [{ name: "same", containerID: "two" }],
      },
    });
    const { targets } = build(object);
    expect(targets.map((target) => target[`${M}pod_container_init`])).toEqual(["false", "true"]);
    expect(targets.map((target) => target[`${M}pod_container_id`])).toEqual(["one", "two"]);
  });

  it("brackets an IPv6 address with a port and leaves it bare without", () => {
    const object = runningPod("web-0", {
      ip: "fd00::5",
      spec: { containers: [{ name: "a", ports: [{ containerPort: 80 }] }, { name: "b" }] },
    });
    expect(build(object).targets.map((target) => target["__address__"])).toEqual(["[fd00::5]:80", "fd00::5"]);
  });

  it.each<{ name: string; status: Pod["status"]; want: string }>([
    { name: "unknown without a Ready condition", status: { podIP: "10.1.0.1" }, want: "unknown" },
    { name: "false while not ready", status: { podIP: "10.1.0.1", conditions: [ready("False")] }, want: "false" },
    {
      name: "lower-case for whatever else it says",
      status: { podIP: "10.1.0.1", conditions: [{ type: "Ready", status: "Unknown" }] },
      want: "unknown",
    },
  ])("says readiness is $name", ({ status, want }) => {
    expect(build(pod("p", status === undefined ? {} : { status })).labels[`${M}pod_ready`]).toBe(want);
  });

  it("has no targets without a pod IP, in whatever phase", () => {
    expect(build(pod("p", { status: { phase: "Pending" } }))).toEqual({
      source: "pod/shop/p",
      labels: {},
      targets: [],
    });
  });

  it("keeps targets of a finished pod, as Prometheus does", () => {
    expect(build(runningPod("p", { status: { phase: "Succeeded", podIP: "10.1.0.1" } })).targets).toHaveLength(1);
  });

  it("attaches the metadata of node and namespace when asked to", () => {
    const objects = [
      node("node-1", { metadata: { labels: { zone: "a" } } }),
      namespace("shop", { metadata: { annotations: { team: "one" } } }),
    ];
    const { labels } = build(runningPod("p"), objects, { node: true, namespace: true });
    expect(labels).toMatchObject({
      [`${M}node_name`]: "node-1",
      [`${M}node_label_zone`]: "a",
      [`${M}node_labelpresent_zone`]: "true",
      [`${M}namespace_annotation_team`]: "one",
      [`${M}namespace_annotationpresent_team`]: "true",
    });
    expect(labels).not.toHaveProperty(`${M}namespace_name`);
    expect(build(runningPod("p"), objects).labels).not.toHaveProperty(`${M}node_name`);
  });

  it("hides a pod whose node is not watched while nodes are attached: a node selector filters pods", () => {
    expect(build(runningPod("p"), [node("node-2")], { node: true }).targets).toEqual([]);
    expect(build(runningPod("p", { nodeName: "" }), [node("node-2")], { node: true }).targets).toEqual([]);
  });

  const byReplicaSet = runningPod("p", { metadata: ownedBy({ kind: "ReplicaSet", name: "web-abc" }) });
  const byJob = runningPod("p", { metadata: ownedBy({ kind: "Job", name: "backup-1" }) });
  it.each<{
    name: string;
    object: Pod;
    attach: Parameters<typeof related>[1];
    want: Record<string, string | undefined>;
  }>([
    {
      name: "kind and name of the controller, always",
      object: byReplicaSet,
      attach: {},
      want: { controller_kind: "ReplicaSet", controller_name: "web-abc", deployment_name: undefined },
    },
    {
      name: "the Deployment above a ReplicaSet",
      object: byReplicaSet,
      attach: { deployment: true },
      want: { deployment_name: "web" },
    },
    {
      name: "the Job only when asked to",
      object: byJob,
      attach: { cronjob: true },
      want: { controller_name: "backup-1", job_name: undefined, cronjob_name: "backup" },
    },
    {
      name: "the Job without reading Jobs",
      object: byJob,
      attach: { job: true },
      want: { job_name: "backup-1", cronjob_name: undefined },
    },
    {
      name: "nothing above a ReplicaSet of something else",
      object: runningPod("p", { metadata: ownedBy({ kind: "ReplicaSet", name: "alone" }) }),
      attach: { deployment: true },
      want: { controller_name: "alone", deployment_name: undefined },
    },
  ])("names $name", ({ object, attach, want }) => {
    const objects = [
      owner("ReplicaSet", "web-abc", { kind: "Deployment", name: "web" }),
      owner("ReplicaSet", "alone"),
      owner("Job", "backup-1", { kind: "CronJob", name: "backup" }),
    ];
    const { labels } = build(object, objects, attach);
    for (const [name, value] of Object.entries(want)) expect(labels[`${M}pod_${name}`]).toBe(value);
  });

  it("lets the bytewise last of two keys win that become the same label", () => {
    const labels = { "a.b": "dot", "a-b": "dash", a_b: "underscore" };
    expect(build(runningPod("p", { metadata: { labels } })).labels[`${M}pod_label_a_b`]).toBe("underscore");
    const reversed = Object.fromEntries(Object.entries(labels).toReversed());
    expect(build(runningPod("p", { metadata: { labels: reversed } })).labels[`${M}pod_label_a_b`]).toBe("underscore");
  });
});
