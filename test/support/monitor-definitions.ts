import { apiVersionOf, RESOURCES } from "../../src/api/resource-type.ts";
import { MONITOR_RESOURCES, type MonitorKind } from "../../src/prometheus-cr/resources.ts";
import type { ControlPlane } from "./control-plane.ts";
import { eventually } from "./eventually.ts";

const OPEN = { type: "object", "x-kubernetes-preserve-unknown-fields": true } as const;

/** What an API server fills in by the definitions of the Prometheus operator, and monitors here rely on. */
const SPECS: Readonly<Partial<Record<MonitorKind, object>>> = {
  Probe: {
    ...OPEN,
    properties: { prober: { ...OPEN, properties: { path: { type: "string", default: "/probe" } } } },
  },
};

/** A CustomResourceDefinition of a kind of monitors: as little of it as its objects need. */
function monitorDefinition(monitorKind: MonitorKind): object {
  const { group, version, kind, plural } = MONITOR_RESOURCES[monitorKind];
  const properties = { spec: SPECS[monitorKind] ?? OPEN, status: OPEN };
  return {
    apiVersion: apiVersionOf(RESOURCES.CustomResourceDefinition),
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
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
          schema: { openAPIV3Schema: { type: "object", properties } },
        },
      ],
    },
  };
}

/** Installs kinds of monitors and waits until the server knows them. */
export async function installMonitorKinds(
  plane: ControlPlane,
  kinds: readonly MonitorKind[] = Object.keys(MONITOR_RESOURCES) as readonly MonitorKind[],
): Promise<void> {
  const list = { apiVersion: "v1", kind: "List", items: kinds.map((kind) => monitorDefinition(kind)) };
  await plane.kubectl(["apply", "-f", "-"], JSON.stringify(list));
  for (const kind of kinds) {
    const { group, plural } = MONITOR_RESOURCES[kind];
    await eventually(async () => plane.kubectl(["get", `${plural}.${group}`, "--all-namespaces"]));
  }
}
