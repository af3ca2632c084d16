import { describe, expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { GRANTING_TYPES, GRANTING_VERBS } from "../../src/controllers/granting-rights.ts";
import { ROOT } from "../../tools/real-parts/parts.ts";

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const read = (...path: readonly string[]): string => readFileSync(join(ROOT, ...path), "utf8");
const PAGE = read("docs", "permissions.md");
const [COMPONENT, BINDING] = parseAllDocuments(read("config", "rbac-optional", "collectors", "role.yaml")).map(
  (document) => document.toJS() as Record<string, unknown>,
);
/** Each as one text, whatever the order of what it names. */
const shown = (rules: readonly Rule[]): readonly string[] =>
  rules
    .map(({ apiGroups, resources, verbs }) => [apiGroups, resources, verbs].map((all) => all.toSorted()).join(" "))
    .toSorted();

describe("config/rbac-optional/collectors, which docs/permissions.md names", () => {
  const rules = COMPONENT?.["rules"] as readonly Rule[];

  it("lets the operator manage cluster roles, as it asks whether it may", () => {
    expect(PAGE).toContain("kubectl apply -k config/rbac-optional/collectors\n");
    const managing = [
      {
        apiGroups: [GRANTING_TYPES[0].group],
        resources: GRANTING_TYPES.map(({ plural }) => plural),
        verbs: GRANTING_VERBS,
      },
    ];
    expect(shown(rules)).toEqual(expect.arrayContaining([...shown(managing)]));
    expect(BINDING).toMatchObject({
      roleRef: { name: (COMPONENT?.["metadata"] as { readonly name: string } | undefined)?.name },
      subjects: [{ name: "opentelemetry-operator-controller-manager", namespace: "opentelemetry-operator-system" }],
    });
  });

  it("lets it grant what the page shows for the chart", () => {
    const [, yaml = ""] = /^```yaml\n([^]*?)^```$/m.exec(PAGE) ?? [];
    const { rbac } = parse(yaml) as { readonly rbac: { readonly collectorRules: readonly Rule[] } };
    const granted = rules.filter(({ apiGroups }) => !apiGroups.includes(GRANTING_TYPES[0].group));
    expect(shown(rbac.collectorRules)).toEqual(shown(granted));
    expect(granted).toHaveLength(2);
  });
});
