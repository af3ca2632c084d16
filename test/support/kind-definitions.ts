import type { KubeObject } from "../../src/api/meta.ts";
import { apiVersionOf, RESOURCES, type ResourceType } from "../../src/api/resource-type.ts";
import type { ControlPlane } from "./control-plane.ts";
import { eventually } from "./eventually.ts";

const OPEN = { type: "object", "x-kubernetes-preserve-unknown-fields": true } as const;

/** A CustomResourceDefinition of the kind: as little of it as its objects need. */
export function kindDefinition({ group, version, kind, plural }: ResourceType, spec: object = OPEN): KubeObject {
  const definition = {
    apiVersion: apiVersionOf(RESOURCES.CustomResourceDefinition),
    kind: "CustomResourceDefinition",
    metadata: {
      name: `${plural}.${group}`,
      // Kubernetes' own groups ask for it.
      annotations: { "api-approved.kubernetes.io": "unapproved, a test" },
    },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: { openAPIV3Schema: { type: "object", properties: { spec, status: OPEN } } },
        },
      ],
    },
  };
  return definition;
}

/** Installs definitions and waits until the server knows their kinds. */
export async function installKinds(
  plane: ControlPlane,
  types: readonly ResourceType[],
  specs: Readonly<Record<string, object>> = {},
): Promise<void> {
  const items = types.map((type) => kindDefinition(type, specs[type.kind]));
  await plane.kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  for (const { group, plural } of types) {
    await eventually(async () => plane.kubectl(["get", `${plural}.${group}`, "--all-namespaces"]));
  }
}
