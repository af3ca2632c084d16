import { describe, expect, it } from "@jest/globals";

import type { TargetAllocatorResourceSpec } from "../../../src/api/opentelemetry/target-allocator.ts";
import { MANAGER_PERMISSIONS } from "../../../src/controllers/permissions.ts";
import { buildRoles } from "../../../src/controllers/target-allocator/build-roles.ts";
import { allocatorInput } from "../../support/allocator-inputs.ts";

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** `WHERE KIND: rules`, of roles only. */
function told(spec: TargetAllocatorResourceSpec, ...sdConfigs: readonly unknown[]): readonly string[] {
  const scrapeConfigs = [{ job_name: "a", kubernetes_sd_configs: sdConfigs }];
  return buildRoles(allocatorInput({ rbac: { create: true }, ...spec }, { scrapeConfigs })).flatMap((object) => {
    const { kind, metadata } = object;
    const rules = (object["rules"] ?? []) as readonly Rule[];
    return rules.map(
      ({ apiGroups, resources, verbs }) =>
        `${metadata.namespace ?? "*"} ${kind}: ${resources.join(",")} of ${apiGroups.join(",") || "core"}: ${verbs.join(",")}`,
    );
  });
}

describe("the roles of an allocator", () => {
  it("are not made unless they are asked for", () => {
    expect(buildRoles(allocatorInput())).toEqual([]);
    expect(buildRoles(allocatorInput({ rbac: { create: false } }))).toEqual([]);
  });

  it.each<{ name: string; spec?: TargetAllocatorResourceSpec; sd?: readonly unknown[]; want: readonly string[] }>([
    { name: "let it see its collectors, whatever it discovers", want: ["shop Role: pods of core: list,watch"] },
    {
      name: "are of the whole cluster for a role that names no namespace",
      sd: [{ role: "endpointslice" }],
      want: [
        "* ClusterRole: endpointslices of discovery.k8s.io: list,watch",
        "* ClusterRole: pods,services of core: list,watch",
      ],
    },
    {
      name: "are of namespaces where discovery is restricted to these",
      sd: [{ role: "service", namespaces: { names: ["web"] } }],
      want: ["shop Role: pods of core: list,watch", "web Role: services of core: list,watch"],
    },
    {
      name: "are for the monitors that can be selected, their targets and credentials, and to tell what is wrong with them",
      spec: {
        prometheusCR: { enabled: true, podMonitorSelector: {}, allowNamespaces: ["web"], secretNamespaces: ["vault"] },
      },
      want: [
        "shop Role: pods of core: list,watch",
        "vault Role: configmaps,secrets of core: get,list,watch",
        "web Role: events of events.k8s.io: create,patch",
        "web Role: pods of core: list,watch",
        "web Role: podmonitors of monitoring.coreos.com: list,watch",
      ],
    },
  ])("$name", ({ spec = {}, sd = [], want }) => {
    expect(told(spec, ...sd).toSorted()).toEqual(want.toSorted());
  });

  it("are bound to the account of the pods, and have no owner, which could not be in another namespace", () => {
    const made = buildRoles(allocatorInput({ rbac: { create: true }, serviceAccount: "mine" }));
    expect(made).toMatchObject([
      { kind: "Role", metadata: { name: "web-shop-targetallocator", namespace: "shop" } },
      {
        kind: "RoleBinding",
        metadata: { name: "web-shop-targetallocator", namespace: "shop" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "web-shop-targetallocator" },
        subjects: [{ kind: "ServiceAccount", name: "mine", namespace: "shop" }],
      },
    ]);
    expect(made.every(({ metadata }) => metadata.ownerReferences === undefined)).toBe(true);
  });

  it("hold nothing that the operator does not hold itself, but for credentials", () => {
    const selectors = {
      serviceMonitorSelector: {},
      podMonitorSelector: {},
      probeSelector: {},
      scrapeConfigSelector: {},
    };
    const namespaceSelector = { serviceMonitorNamespaceSelector: { matchLabels: { a: "b" } } };
    const attachMetadata = { node: true, namespace: true, deployment: true, cronjob: true };
    const roles = ["pod", "node", "service", "ingress", "endpoints", "endpointslice"];
    const spec: TargetAllocatorResourceSpec = {
      rbac: { create: true },
      prometheusCR: { enabled: true, ...selectors, ...namespaceSelector },
    };
    const scrapeConfigs = [{ kubernetes_sd_configs: roles.map((role) => ({ role, attach_metadata: attachMetadata })) }];
    const rules = buildRoles(allocatorInput(spec, { scrapeConfigs })).flatMap(
      (object) => (object["rules"] ?? []) as readonly Rule[],
    );
    const missing = rules.flatMap(({ apiGroups: [group = ""], resources, verbs }) =>
      resources.flatMap((resource) =>
        verbs.filter((verb) => !isHeld(group, resource, verb)).map((verb) => `${verb} ${resource}`),
      ),
    );
    expect(missing).toEqual(["get secrets", "list secrets", "watch secrets"]);
  });
});

function isHeld(group: string, resource: string, verb: string): boolean {
  return MANAGER_PERMISSIONS.some(
    ({ rule }) =>
      rule.resourceNames === undefined &&
      rule.apiGroups.includes(group) &&
      rule.resources.includes(resource) &&
      rule.verbs.includes(verb),
  );
}
