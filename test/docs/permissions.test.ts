import { expect, it } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { GRANTING_TYPES, GRANTING_VERBS } from "../../src/controllers/granting-rights.ts";
import { ROOT } from "../../tools/real-parts/parts.ts";

const PAGE = readFileSync(join(ROOT, "docs", "permissions.md"), "utf8");

it("docs/permissions.md shows a role by which the operator may manage cluster roles", () => {
  const [, yaml = ""] = /^```yaml\n([^]*?)^```$/m.exec(PAGE) ?? [];
  const [role, binding] = parseAllDocuments(yaml).map((document) => document.toJS() as Record<string, unknown>);
  expect(role?.["rules"]).toContainEqual({
    apiGroups: [GRANTING_TYPES[0].group],
    resources: GRANTING_TYPES.map(({ plural }) => plural),
    verbs: [...GRANTING_VERBS],
  });
  expect(binding).toMatchObject({
    roleRef: { name: (role?.["metadata"] as { readonly name: string } | undefined)?.name },
    subjects: [{ name: "opentelemetry-operator-controller-manager", namespace: "opentelemetry-operator-system" }],
  });
});
