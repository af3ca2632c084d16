import { describe, expect, it } from "@jest/globals";
import type { TargetAllocatorSpec } from "../../../src/api/opentelemetry/v1beta1.ts";
import { accessNeeds } from "../../../src/controllers/target-allocator/access-needs.ts";

const COLLECTORS = "shop: pods";

/** `NAMESPACE: resources`, "*" for all namespaces. */
const told = (spec: TargetAllocatorSpec, ...sdConfigs: readonly unknown[]): readonly string[] =>
  accessNeeds({
    namespace: "shop",
    spec,
    scrapeConfigs: [{ job_name: "a", kubernetes_sd_configs: sdConfigs }],
  }).flatMap(({ namespace = "*", resources }) => resources.map((resource) => `${namespace}: ${resource}`));

const crs = (settings: NonNullable<TargetAllocatorSpec["prometheusCR"]>): TargetAllocatorSpec => ({
  prometheusCR: { enabled: true, ...settings },
});

describe("the access that an allocator needs", () => {
  it.each<{ name: string; spec?: TargetAllocatorSpec; sd?: readonly unknown[]; want: readonly string[] }>([
    { name: "is to its collectors alone, for jobs without Kubernetes", want: [COLLECTORS] },
    { name: "is to nodes for zones", spec: { allocationStrategy: "zone-aware" }, want: ["*: nodes", COLLECTORS] },
    { name: "is to all pods for a role that names no namespace", sd: [{ role: "pod" }], want: ["*: pods"] },
    {
      name: "is to the namespaces that a role names, and what stands beside an endpoint",
      sd: [{ role: "endpointslice", namespaces: { names: ["web"], own_namespace: true } }],
      want: [COLLECTORS, "shop: services", "shop: endpointslices", "web: pods", "web: services", "web: endpointslices"],
    },
    {
      name: "is to what metadata is attached from",
      sd: [{ role: "pod", namespaces: { names: ["web"] }, attach_metadata: { node: true, deployment: true } }],
      want: ["*: nodes", COLLECTORS, "web: pods", "web: replicasets"],
    },
    { name: "is not to another cluster", sd: [{ role: "node", api_server: "https://other" }], want: [COLLECTORS] },
    { name: "is not to a role that does not exist", sd: [{ role: "constructor" }, "pod"], want: [COLLECTORS] },
    { name: "is not to monitors while none can be selected", spec: crs({}), want: [COLLECTORS] },
    {
      name: "is to monitors of the kinds that have a selector, to their targets, and to credentials where it lives",
      spec: crs({ podMonitorSelector: {} }),
      want: ["*: pods", "*: podmonitors", "shop: configmaps", "shop: secrets"],
    },
    {
      name: "is to namespaces only where their labels matter, and to credentials where these may be",
      spec: crs({
        scrapeConfigSelector: {},
        scrapeConfigNamespaceSelector: { matchLabels: { a: "b" } },
        allowNamespaces: ["web"],
        secretNamespaces: ["vault"],
      }),
      want: ["*: namespaces", COLLECTORS, "vault: configmaps", "vault: secrets", "web: scrapeconfigs"],
    },
  ])("$name", ({ spec = {}, sd = [], want }) => {
    expect(told(spec, ...sd).toSorted()).toEqual(want.toSorted());
  });

  it("is the same in the same order, however jobs are ordered", () => {
    const [a, b] = [{ role: "pod" }, { role: "node" }];
    expect(told({}, a, b)).toEqual(told({}, b, a));
  });

  it("tells credentials apart from what targets depend on", () => {
    const needs = accessNeeds({ namespace: "shop", spec: crs({ podMonitorSelector: {} }), scrapeConfigs: [] });
    const credentials = needs.filter(({ importance }) => importance === "credentials");
    expect(credentials.flatMap(({ resources }) => resources)).toEqual(["configmaps", "secrets"]);
  });
});
