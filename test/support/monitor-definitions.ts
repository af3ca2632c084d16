import { MONITOR_RESOURCES, type MonitorKind } from "../../src/prometheus-cr/resources.ts";
import type { ControlPlane } from "./control-plane.ts";
import { installKinds } from "./kind-definitions.ts";

const OPEN = { type: "object", "x-kubernetes-preserve-unknown-fields": true } as const;

/** What an API server fills in by the definitions of the Prometheus operator, and monitors here rely on. */
const SPECS: Readonly<Partial<Record<MonitorKind, object>>> = {
  Probe: {
    ...OPEN,
    properties: { prober: { ...OPEN, properties: { path: { type: "string", default: "/probe" } } } },
  },
};

/** Installs kinds of monitors and waits until the server knows them. */
export async function installMonitorKinds(
  plane: ControlPlane,
  kinds: readonly MonitorKind[] = Object.keys(MONITOR_RESOURCES) as readonly MonitorKind[],
): Promise<void> {
  const types = kinds.map((kind) => MONITOR_RESOURCES[kind]);
  await installKinds(plane, types, SPECS);
}
