import { describe, expect, it } from "@jest/globals";
import { buildEndpointSliceGroup } from "../../../src/discovery/kubernetes/endpoint-slice.ts";
import type { EndpointSlice } from "../../../src/discovery/kubernetes/objects.ts";
import { namespace, node, pod, runningPod, service, slice } from "../../support/cluster-objects.ts";
import { toPlain } from "../../support/label-groups.ts";
import { related } from "../../support/related-objects.ts";

const M = "__meta_kubernetes_";
const build = (object: EndpointSlice, ...[objects, attach]: Parameters<typeof related>) =>
  toPlain(buildEndpointSliceGroup(object, "endpointslice/shop/web-1", related(objects, attach)));
const podRef = (name: string, space = "shop") => ({ kind: "Pod", name, namespace: space });
const http = { name: "http", port: 8080, protocol: "TCP" };
const referring = (port: { readonly port: number | null }, targetRef = podRef("web-0")) =>
  slice("web-1", { ports: [port], endpoints: [{ addresses: ["10.1.0.1"], targetRef }] });

describe("buildEndpointSliceGroup", () => {
  it("says everything that an endpoint says", () => {
    const object = slice("web-1", {
      ports: [{ ...http, appProtocol: "http" }],
      endpoints: [
        {
          addresses: ["10.1.0.1"],
          conditions: { ready: true, serving: false, terminating: true },
          hostname: "h",
          nodeName: "node-1",
          zone: "a",
          targetRef: {},
          deprecatedTopology: { "topology.kubernetes.io/zone": "b" },
        },
      ],
    });
    expect(build(object)).toEqual({
      source: "endpointslice/shop/web-1",
      labels: {
        [`${M}endpointslice_address_type`]: "IPv4",
        [`${M}endpointslice_label_kubernetes_io_service_name`]: "web",
        [`${M}endpointslice_labelpresent_kubernetes_io_service_name`]: "true",
        [`${M}endpointslice_name`]: "web-1",
        [`${M}namespace`]: "shop",
      },
      targets: [
        {
          __address__: "10.1.0.1:8080",
          [`${M}endpointslice_address_target_kind`]: "",
          [`${M}endpointslice_address_target_name`]: "",
          [`${M}endpointslice_endpoint_conditions_ready`]: "true",
          [`${M}endpointslice_endpoint_conditions_serving`]: "false",
          [`${M}endpointslice_endpoint_conditions_terminating`]: "true",
          [`${M}endpointslice_endpoint_hostname`]: "h",
          [`${M}endpointslice_endpoint_node_name`]: "node-1",
          [`${M}endpointslice_endpoint_topology_present_topology_kubernetes_io_zone`]: "true",
          [`${M}endpointslice_endpoint_topology_topology_kubernetes_io_zone`]: "b",
          [`${M}endpointslice_endpoint_zone`]: "a",
          [`${M}endpointslice_port`]: "8080",
          [`${M}endpointslice_port_app_protocol`]: "http",
          [`${M}endpointslice_port_name`]: "http",
          [`${M}endpointslice_port_protocol`]: "TCP",
        },
      ],
    });
  });

  it("leaves out what is null or missing, and the port from the address without a port number", () => {
    const endpoint = { addresses: ["10.1.0.1"], hostname: null, nodeName: null, zone: null, targetRef: null };
    const object = slice("web-1", {
      ports: [{ name: "", port: null, protocol: null, appProtocol: null }],
      endpoints: [{ ...endpoint, conditions: { ready: null }, deprecatedTopology: null }],
    });
    expect(build(object).targets).toEqual([{ __address__: "10.1.0.1", [`${M}endpointslice_port_name`]: "" }]);
  });

  it("makes every port of every address of every endpoint a target, not-ready ones too", () => {
    const object = slice("web-1", {
      addressType: "IPv6",
      ports: [http, { port: 53 }],
      endpoints: [{ addresses: ["fd00::1", "fd00::2"], conditions: { ready: false } }, { addresses: ["fd00::3"] }],
    });
    expect(build(object).targets.map((target) => target["__address__"])).toEqual([
      "[fd00::1]:8080",
      "[fd00::2]:8080",
      "[fd00::1]:53",
      "[fd00::2]:53",
      "[fd00::3]:8080",
      "[fd00::3]:53",
    ]);
  });

  it("has no targets without ports or without endpoints", () => {
    expect(build(slice("web-1", { endpoints: [{ addresses: ["10.1.0.1"] }] })).targets).toEqual([]);
    expect(build(slice("web-1", { ports: [http], endpoints: null })).targets).toEqual([]);
  });

  it("adds the labels of its service, found by label", () => {
    const web = service("web", { metadata: { labels: { app: "web" } } });
    const labels = (object: EndpointSlice) => build(object, [web]).labels;
    expect(labels(slice("web-1"))).toMatchObject({ [`${M}service_name`]: "web", [`${M}service_label_app`]: "web" });
    expect(labels(slice("web-1", { metadata: { labels: {} } }))).not.toHaveProperty(`${M}service_name`);
  });

  const endpointsOf = (addressType: string, address: string) =>
    slice("web-1", { addressType, ports: [http], endpoints: [{ addresses: [address] }] });
  it.each<{ name: string; policy: string; families: string[]; object: EndpointSlice; want: number }>([
    {
      name: "the second family of PreferDualStack",
      policy: "PreferDualStack",
      families: ["IPv4", "IPv6"],
      object: endpointsOf("IPv6", "fd00::1"),
      want: 0,
    },
    {
      name: "the second family of RequireDualStack",
      policy: "RequireDualStack",
      families: ["IPv4", "IPv6"],
      object: endpointsOf("IPv6", "fd00::1"),
      want: 0,
    },
    {
      name: "the first family",
      policy: "PreferDualStack",
      families: ["IPv4", "IPv6"],
      object: endpointsOf("IPv4", "10.1.0.1"),
      want: 1,
    },
    {
      name: "IPv6 where that is the first",
      policy: "RequireDualStack",
      families: ["IPv6", "IPv4"],
      object: endpointsOf("IPv6", "fd00::1"),
      want: 1,
    },
    {
      name: "a single-stack service",
      policy: "SingleStack",
      families: ["IPv4"],
      object: endpointsOf("IPv6", "fd00::1"),
      want: 1,
    },
    {
      name: "a service without families",
      policy: "PreferDualStack",
      families: [],
      object: endpointsOf("IPv6", "fd00::1"),
      want: 1,
    },
  ])("has $want targets for $name", ({ policy, families, object, want }) => {
    const web = service("web", { spec: { ipFamilyPolicy: policy, ipFamilies: families } });
    const group = build(object, [web]);
    expect(group.targets).toHaveLength(want);
    expect(group.labels[`${M}service_name`]).toBe("web");
  });

  const withMetrics = runningPod("web-0", {
    spec: {
      containers: [{ name: "app", ports: [{ name: "main", containerPort: 8080, protocol: "UDP" }] }],
      initContainers: [{ name: "sidecar", ports: [{ name: "metrics", containerPort: 9090 }] }],
    },
  });

  it("adds the labels of the pod and its container with the container's protocol, and targets for other ports", () => {
    const { targets } = build(referring(http), [withMetrics]);
    expect(targets.map((target) => target["__address__"])).toEqual(["10.1.0.1:8080", "10.1.0.1:9090"]);
    expect(targets[0]).toMatchObject({
      [`${M}pod_name`]: "web-0",
      [`${M}pod_container_name`]: "app",
      [`${M}pod_container_port_protocol`]: "UDP",
      [`${M}pod_container_init`]: "false",
    });
    expect(targets[1]).toMatchObject({ [`${M}pod_container_name`]: "sidecar", [`${M}pod_container_init`]: "true" });
    expect(Object.keys(targets[1] ?? {}).filter((name) => name.includes("endpointslice"))).toEqual([]);
  });

  it("adds pod labels but no container for a port without number; then no declared port is covered", () => {
    const { targets } = build(referring({ port: null }), [withMetrics]);
    expect(targets.map((target) => target["__address__"])).toEqual(["10.1.0.1", "10.1.0.1:8080", "10.1.0.1:9090"]);
    expect(targets[0]).toMatchObject({ [`${M}pod_name`]: "web-0" });
    expect(targets[0]).not.toHaveProperty(`${M}pod_container_name`);
  });

  it("adds nothing for a pod that is not cached, or that has no IP", () => {
    expect(build(referring(http, podRef("web-0", "other")), [withMetrics]).targets).toHaveLength(1);
    const bare = pod("web-0", { spec: { containers: [{ name: "a", ports: [{ containerPort: 9090 }] }] } });
    expect(build(referring(http), [bare]).targets).toHaveLength(1);
  });

  it("attaches the node that the endpoint refers to, else the one it names", () => {
    const objects = [
      node("node-1", { metadata: { labels: { n: "1" } } }),
      node("node-2", { metadata: { labels: { n: "2" } } }),
    ];
    const object = slice("web-1", {
      ports: [http],
      endpoints: [
        { addresses: ["a"], nodeName: "node-1", targetRef: { kind: "Node", name: "node-2" } },
        { addresses: ["b"], nodeName: "node-1" },
      ],
    });
    const labels = (attach: Parameters<typeof related>[1]) =>
      build(object, objects, attach).targets.map((target) => target[`${M}node_label_n`]);
    expect(labels({ node: true })).toEqual(["2", "1"]);
    expect(labels({})).toEqual([undefined, undefined]);
  });

  it("attaches the namespace's metadata when asked to", () => {
    const objects = [namespace("shop", { metadata: { labels: { team: "one" } } })];
    expect(build(slice("web-1"), objects, { namespace: true }).labels[`${M}namespace_label_team`]).toBe("one");
  });
});
