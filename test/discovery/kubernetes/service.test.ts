import { describe, expect, it } from "@jest/globals";
import type { Service } from "../../../src/discovery/kubernetes/objects.ts";
import { buildServiceGroup } from "../../../src/discovery/kubernetes/service.ts";
import { namespace, service } from "../../support/cluster-objects.ts";
import { toPlain } from "../../support/label-groups.ts";
import { related } from "../../support/related-objects.ts";

const M = "__meta_kubernetes_";
const build = (object: Service, ...[objects, attach]: Parameters<typeof related>) =>
  toPlain(buildServiceGroup(object, "svc/shop/web", related(objects, attach)));

describe("buildServiceGroup", () => {
  it("makes every port a target at the service's DNS name", () => {
    const web = service("web", {
      metadata: { labels: { app: "web" } },
      spec: {
        type: "ClusterIP",
        clusterIP: "10.96.0.7",
        ports: [
          { name: "http", port: 80, protocol: "TCP" },
          { name: "dns", port: 53, protocol: "UDP" },
        ],
      },
    });
    expect(build(web)).toEqual({
      source: "svc/shop/web",
      labels: {
        [`${M}namespace`]: "shop",
        [`${M}service_label_app`]: "web",
        [`${M}service_labelpresent_app`]: "true",
        [`${M}service_name`]: "web",
      },
      targets: [
        ["80", "http", "TCP"],
        ["53", "dns", "UDP"],
      ].map(([port, name, protocol]) => ({
        __address__: `web.shop.svc:${port}`,
        [`${M}service_cluster_ip`]: "10.96.0.7",
        [`${M}service_port_name`]: name,
        [`${M}service_port_number`]: port,
        [`${M}service_port_protocol`]: protocol,
        [`${M}service_type`]: "ClusterIP",
      })),
    });
  });

  it.each<{ name: string; spec: Service["spec"]; want: Record<string, string | undefined> }>([
    {
      name: "an ExternalName: that name and no cluster IP",
      spec: { type: "ExternalName", externalName: "db.example.com" },
      want: { type: "ExternalName", external_name: "db.example.com", cluster_ip: undefined },
    },
    {
      name: "a LoadBalancer: the address that was asked for, and the cluster IP",
      spec: { type: "LoadBalancer", clusterIP: "10.96.0.7", loadBalancerIP: "203.0.113.1" },
      want: { type: "LoadBalancer", loadbalancer_ip: "203.0.113.1", cluster_ip: "10.96.0.7" },
    },
    {
      name: "a headless service: None",
      spec: { type: "ClusterIP", clusterIP: "None" },
      want: { cluster_ip: "None", loadbalancer_ip: undefined, external_name: undefined },
    },
    {
      name: "what the API server would have filled in",
      spec: {},
      want: { type: "ClusterIP", port_protocol: "TCP", port_name: "", cluster_ip: "" },
    },
  ])("says of $name", ({ spec, want }) => {
    const [target] = build(service("web", { spec: { ...spec, ports: [{ port: 80 }] } })).targets;
    for (const [name, value] of Object.entries(want)) expect(target?.[`${M}service_${name}`]).toBe(value);
  });

  it("has no targets without ports", () => {
    expect(build(service("web")).targets).toEqual([]);
  });

  it("attaches the namespace's metadata when asked to", () => {
    const objects = [namespace("shop", { metadata: { labels: { team: "one" } } })];
    expect(build(service("web"), objects, { namespace: true }).labels[`${M}namespace_label_team`]).toBe("one");
    expect(build(service("web"), objects).labels).not.toHaveProperty(`${M}namespace_label_team`);
  });
});
