import { describe, expect, it } from "@jest/globals";
import { buildEndpointsGroup } from "../../../src/discovery/kubernetes/endpoints.ts";
import type { Endpoints } from "../../../src/discovery/kubernetes/objects.ts";
import { endpoints, namespace, node, ownedBy, owner, pod, runningPod, service } from "../../support/cluster-objects.ts";
import { toPlain } from "../../support/label-groups.ts";
import { related } from "../../support/related-objects.ts";

const M = "__meta_kubernetes_";
const build = (subsets: Endpoints["subsets"], ...[objects, attach]: Parameters<typeof related>) =>
  toPlain(
    buildEndpointsGroup(
      endpoints("web", { subsets: subsets ?? [], metadata: { labels: { kind: "endpoints" } } }),
      "endpoints/shop/web",
      related(objects, attach),
    ),
  );
const podRef = (name: string, namespaceName = "shop") => ({ kind: "Pod", name, namespace: namespaceName });
const http = { name: "http", port: 8080, protocol: "TCP" };

describe("buildEndpointsGroup", () => {
  it("makes every port of every address a target, ready ones first", () => {
    const { targets } = build([
      {
        ports: [http, { port: 53, protocol: "UDP" }],
        addresses: [{ ip: "10.1.0.1", hostname: "h", nodeName: "node-1" }],
        notReadyAddresses: [{ ip: "fd00::2", targetRef: { kind: "Node", name: "node-2" } }],
      },
    ]);
    expect(targets).toEqual([
      {
        __address__: "10.1.0.1:8080",
        [`${M}endpoint_hostname`]: "h",
        [`${M}endpoint_node_name`]: "node-1",
        [`${M}endpoint_port_name`]: "http",
        [`${M}endpoint_port_protocol`]: "TCP",
        [`${M}endpoint_ready`]: "true",
      },
      {
        __address__: "[fd00::2]:8080",
        [`${M}endpoint_address_target_kind`]: "Node",
        [`${M}endpoint_address_target_name`]: "node-2",
        [`${M}endpoint_port_name`]: "http",
        [`${M}endpoint_port_protocol`]: "TCP",
        [`${M}endpoint_ready`]: "false",
      },
      {
        __address__: "10.1.0.1:53",
        [`${M}endpoint_hostname`]: "h",
        [`${M}endpoint_node_name`]: "node-1",
        [`${M}endpoint_port_name`]: "",
        [`${M}endpoint_port_protocol`]: "UDP",
        [`${M}endpoint_ready`]: "true",
      },
      {
        __address__: "[fd00::2]:53",
        [`${M}endpoint_address_target_kind`]: "Node",
        [`${M}endpoint_address_target_name`]: "node-2",
        [`${M}endpoint_port_name`]: "",
        [`${M}endpoint_port_protocol`]: "UDP",
        [`${M}endpoint_ready`]: "false",
      },
    ]);
  });

  it("gives two targets for an address in both lists", () => {
    const { targets } = build([
      { ports: [http], addresses: [{ ip: "10.1.0.1" }], notReadyAddresses: [{ ip: "10.1.0.1" }] },
    ]);
    expect(targets.map((target) => target[`${M}endpoint_ready`])).toEqual(["true", "false"]);
  });

  it("has labels but no targets without subsets, and none for a subset without ports", () => {
    const web = service("web", { metadata: { labels: { app: "web" } } });
    expect(build([], [web])).toEqual({
      source: "endpoints/shop/web",
      labels: {
        [`${M}endpoints_label_kind`]: "endpoints",
        [`${M}endpoints_labelpresent_kind`]: "true",
        [`${M}endpoints_name`]: "web",
        [`${M}namespace`]: "shop",
        [`${M}service_label_app`]: "web",
        [`${M}service_labelpresent_app`]: "true",
        [`${M}service_name`]: "web",
      },
      targets: [],
    });
    expect(build([{ addresses: [{ ip: "10.1.0.1" }] }]).targets).toEqual([]);
    expect(build(null).targets).toEqual([]);
  });

  it("adds the labels of the pod and its container, without its id, and targets for ports that the service leaves out", () => {
    const web = runningPod("web-0", {
      spec: {
        containers: [
          { name: "app", image: "a:1", ports: [{ name: "main", containerPort: 8080, protocol: "UDP" }] },
          { name: "side", image: "s:1", ports: [{ name: "metrics", containerPort: 9090 }] },
        ],
      },
    });
    const { targets } = build([{ ports: [http], addresses: [{ ip: "10.1.0.1", targetRef: podRef("web-0") }] }], [web]);
    const [first, second] = targets;
    expect(targets).toHaveLength(2);
    expect(first).toMatchObject({
      __address__: "10.1.0.1:8080",
      [`${M}pod_name`]: "web-0",
      [`${M}pod_container_name`]: "app",
      [`${M}pod_container_image`]: "a:1",
      [`${M}pod_container_init`]: "false",
      [`${M}pod_container_port_name`]: "main",
      // The endpoint's protocol, not the container's.
      [`${M}pod_container_port_protocol`]: "TCP",
    });
    expect(first).not.toHaveProperty(`${M}pod_container_id`);
    expect(second).toMatchObject({
      __address__: "10.1.0.1:9090",
      [`${M}pod_name`]: "web-0",
      [`${M}pod_container_name`]: "side",
      [`${M}pod_container_port_name`]: "metrics",
    });
    expect(Object.keys(second ?? {}).filter((name) => name.startsWith(`${M}endpoint`))).toEqual([]);
  });

  it("lets a later container overwrite an earlier one with the same port, init containers last", () => {
    const web = runningPod("web-0", {
      spec: {
        containers: [{ name: "app", ports: [{ containerPort: 8080 }] }],
        initContainers: [{ name: "sidecar", ports: [{ containerPort: 8080 }, { containerPort: 9999 }] }],
      },
    });
    const { targets } = build([{ ports: [http], addresses: [{ ip: "10.1.0.1", targetRef: podRef("web-0") }] }], [web]);
    expect(targets.map((target) => [target["__address__"], target[`${M}pod_container_init`]])).toEqual([
      ["10.1.0.1:8080", "true"],
      ["10.1.0.1:9999", "true"],
    ]);
  });

  it("adds no extra targets for a pod without IP, and nothing for a pod of another namespace or name", () => {
    const bare = pod("bare", { spec: { containers: [{ name: "a", ports: [{ containerPort: 9090 }] }] } });
    const subset = (name: string, space: string) => [
      { ports: [http], addresses: [{ ip: "10.1.0.1", targetRef: podRef(name, space) }] },
    ];
    expect(build(subset("bare", "shop"), [bare]).targets).toHaveLength(1);
    const [foreign] = build(subset("bare", "other"), [bare]).targets;
    expect(foreign).not.toHaveProperty(`${M}pod_name`);
    expect(foreign).toMatchObject({ [`${M}endpoint_address_target_name`]: "bare" });
  });

  it("attaches the node named by the address, else the one it refers to", () => {
    const objects = [
      node("node-1", { metadata: { labels: { n: "1" } } }),
      node("node-2", { metadata: { labels: { n: "2" } } }),
    ];
    const nodeRef = { kind: "Node", name: "node-2" };
    const subsets = [
      {
        ports: [http],
        addresses: [
          { ip: "a", nodeName: "node-1", targetRef: nodeRef },
          { ip: "b", targetRef: nodeRef },
        ],
      },
    ];
    const labels = (attach: Parameters<typeof related>[1]) =>
      build(subsets, objects, attach).targets.map((target) => target[`${M}node_label_n`]);
    expect(labels({ node: true })).toEqual(["1", "2"]);
    expect(labels({})).toEqual([undefined, undefined]);
  });

  it("attaches namespace and Deployment when asked to", () => {
    const objects = [
      runningPod("web-0", { metadata: ownedBy({ kind: "ReplicaSet", name: "web-abc" }) }),
      owner("ReplicaSet", "web-abc", { kind: "Deployment", name: "web" }),
      namespace("shop", { metadata: { labels: { team: "one" } } }),
    ];
    const subsets = [{ ports: [http], addresses: [{ ip: "10.1.0.1", targetRef: podRef("web-0") }] }];
    const group = build(subsets, objects, { namespace: true, deployment: true });
    expect(group.labels[`${M}namespace_label_team`]).toBe("one");
    expect(group.targets[0]?.[`${M}pod_deployment_name`]).toBe("web");
  });
});
