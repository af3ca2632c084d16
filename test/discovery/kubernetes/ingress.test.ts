import { describe, expect, it } from "@jest/globals";
import { buildIngressGroup } from "../../../src/discovery/kubernetes/ingress.ts";
import type { Ingress } from "../../../src/discovery/kubernetes/objects.ts";
import { ingress, namespace } from "../../support/cluster-objects.ts";
import { toPlain } from "../../support/label-groups.ts";
import { related } from "../../support/related-objects.ts";

const M = "__meta_kubernetes_";
const build = (spec: Ingress["spec"], ...[objects, attach]: Parameters<typeof related>) =>
  toPlain(
    buildIngressGroup(ingress("web", spec === undefined ? {} : { spec }), "ingress/shop/web", related(objects, attach)),
  );
const onHosts = (...hosts: string[]) => hosts.map((host) => ({ host, http: { paths: [{ path: "/" }] } }));
const schemes = (spec: Ingress["spec"]) => build(spec).targets.map((target) => target[`${M}ingress_scheme`]);

describe("buildIngressGroup", () => {
  it("makes every path of every rule a target at the rule's host", () => {
    const { labels, targets } = build({
      ingressClassName: "nginx",
      rules: [
        { host: "a.example.com", http: { paths: [{ path: "/p" }, { path: "" }, {}] } },
        { host: "b.example.com" },
      ],
    });
    expect(labels).toEqual({
      [`${M}ingress_class_name`]: "nginx",
      [`${M}ingress_name`]: "web",
      [`${M}namespace`]: "shop",
    });
    const target = (host: string, path: string): Record<string, string> => ({
      __address__: host,
      [`${M}ingress_host`]: host,
      [`${M}ingress_path`]: path,
      [`${M}ingress_scheme`]: "http",
    });
    expect(targets).toEqual([
      target("a.example.com", "/p"),
      target("a.example.com", "/"),
      target("a.example.com", "/"),
      target("b.example.com", "/"),
    ]);
  });

  it.each<{ name: string; hosts: string[]; tls: string[]; want: string[] }>([
    { name: "http without TLS", hosts: ["a.example.com"], tls: [], want: ["http"] },
    { name: "https for the listed hosts only", hosts: ["a.b", "c.d"], tls: ["a.b"], want: ["https", "http"] },
    {
      name: "https for exactly one label under a wildcard",
      hosts: ["test.example.com", "example.com", "a.b.example.com"],
      tls: ["*.example.com"],
      want: ["https", "http", "http"],
    },
    { name: "https for an equal wildcard", hosts: ["*.example.com"], tls: ["*.example.com"], want: ["https"] },
    { name: "http for a host without dots under a wildcard", hosts: ["example"], tls: ["*.example"], want: ["http"] },
  ])("says $name", ({ hosts, tls, want }) => {
    expect(schemes({ rules: onHosts(...hosts), tls: [{ hosts: tls }] })).toEqual(want);
  });

  it("takes a rule without host as one with an empty address", () => {
    expect(build({ rules: [{ http: { paths: [{ path: "/x" }] } }] }).targets[0]?.["__address__"]).toBe("");
  });

  it("has no target for a rule with an empty list of paths, and none for the default backend", () => {
    expect(build({ rules: [{ host: "a.example.com", http: { paths: [] } }] }).targets).toEqual([]);
    expect(build({ rules: [{ host: "a.example.com", http: {} }] }).targets).toEqual([]);
    expect(build(undefined).targets).toEqual([]);
  });

  it("attaches the namespace's metadata when asked to", () => {
    const objects = [namespace("shop", { metadata: { labels: { team: "one" } } })];
    expect(build({}, objects, { namespace: true }).labels[`${M}namespace_label_team`]).toBe("one");
  });
});
