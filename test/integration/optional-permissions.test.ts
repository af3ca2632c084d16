import { beforeAll, describe, expect, it } from "@jest/globals";
import { join } from "node:path";
import type { KubeObject } from "../../src/api/meta.ts";
import { componentRules } from "../../src/api/opentelemetry/component-rules.ts";
import { ensurePart } from "../../tools/real-parts/build.ts";
import { byName, renderChart, renderKustomization, renderOverlay } from "../support/installation.ts";

const BUILD_TIMEOUT_MS = 20 * 60_000;

beforeAll(async () => {
  for (const part of ["helm", "kubectl"] as const) await ensurePart(part, () => undefined);
}, BUILD_TIMEOUT_MS);

/** What must be added to config/default for somebody who wants more than its permissions, as an overlay says it. */
const OPTIONAL = ["certificates", "granting", "collectors"] as const;

interface RoleObject extends KubeObject {
  readonly rules: readonly Readonly<Record<"verbs" | "apiGroups" | "resources", readonly string[]>>[];
}

const optional = (name: string): readonly KubeObject[] => renderKustomization(join("rbac-optional", name));

describe("optional permissions", () => {
  const roleOf = (name: string): RoleObject | undefined =>
    optional(name).find((object): object is RoleObject => object.kind === "ClusterRole");
  /** The first rule is about cluster roles themselves. */
  const granted = JSON.stringify(roleOf("collectors")?.rules.slice(1));
  const values = {
    certificates: "rbac.certificates=true",
    granting: "rbac.granting=true",
    collectors: `rbac.collectorRules=${granted}`,
  };

  it.each(OPTIONAL)(
    "of %s are the same by the chart's value and by the component, and nothing else changes",
    (name) => {
      const added = optional(name);
      expect(added.map(({ kind }) => kind).toSorted()).toEqual(["ClusterRole", "ClusterRoleBinding"]);
      expect(byName(renderChart([values[name]]))).toEqual({ ...byName(renderChart()), ...byName(added) });
    },
  );

  it("are components of an overlay", () => {
    const added = OPTIONAL.flatMap(optional);
    const components = OPTIONAL.map((name) => `rbac-optional/${name}`);
    expect(byName(renderOverlay({ resources: ["default"], components }))).toEqual({
      ...byName(renderKustomization("default")),
      ...byName(added),
    });
    expect(Object.keys(byName(added))).toHaveLength(2 * OPTIONAL.length);
  });

  it("do not come with the ServiceMonitor, which is the same by the chart's value and by its component", () => {
    const added = renderKustomization("monitoring");
    expect(added.map(({ kind }) => kind)).toEqual(["ServiceMonitor"]);
    expect(byName(renderChart(["serviceMonitor.enabled=true"]))).toEqual({
      ...byName(renderChart()),
      ...byName(added),
    });
    expect(byName(renderOverlay({ resources: ["default"], components: ["monitoring"] }))).toEqual({
      ...byName(renderKustomization("default")),
      ...byName(added),
    });
  });

  it("let collectors have what k8sattributes needs", () => {
    const needs = componentRules({
      receivers: { otlp: {} },
      processors: { k8sattributes: { extract: { metadata: ["k8s.deployment.name", "k8s.node.uid"] } } },
      exporters: { debug: {} },
      service: {
        pipelines: { traces: { receivers: ["otlp"], processors: ["k8sattributes"], exporters: ["debug"] } },
      },
    });
    const held = roleOf("collectors")?.rules ?? [];
    for (const { apiGroups, resources, verbs } of needs) {
      for (const resource of resources) {
        const rule = held.find((one) => one.apiGroups.includes(apiGroups[0]) && one.resources.includes(resource));
        expect({ resource, verbs: rule?.verbs }).toEqual({ resource, verbs: expect.arrayContaining([...verbs]) });
      }
    }
    expect(needs.length).toBeGreaterThan(1);
  });

  it("to keep Secrets stand in the operator's own namespaces, where it has others nowhere", () => {
    const objects = renderChart(["namespaced=true", 'watchNamespaces=["a","b"]', "rbac.certificates=true"]);
    const added = objects.filter(({ metadata }) => metadata.name.includes("-certificates-"));
    expect(added.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ""}`)).toEqual(
      expect.arrayContaining(["Role a", "RoleBinding a", "Role b", "RoleBinding b"]),
    );
    expect(added).toHaveLength(4);
  });

  it.each(["granting", "collectors"] as const)("of %s are refused where the cluster is shared", (name) => {
    expect(() => renderChart(["namespaced=true", values[name]])).toThrow("they do not go with namespaced");
  });
});
