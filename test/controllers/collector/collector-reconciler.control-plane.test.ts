import { join } from "node:path";

import { RESOURCES } from "../../../src/api/resource-type.ts";
import { COLLECTOR_FINALIZER } from "../../../src/controllers/collector/collector-reconciler.ts";
import { createKubeConnection } from "../../../src/kube/client-node/connection.ts";
import { OperatorHost } from "../../../src/kube/client-node/operator-host.ts";
import { systemClock } from "../../../src/observability/system-clock.ts";
import { describeCollectorReconciler } from "../../support/collector-reconciler-suite.ts";
import { startControlPlane } from "../../support/control-plane.ts";

const CRDS = join(import.meta.dirname, "../../../crds");

describeCollectorReconciler("a real control plane", async () => {
  const plane = await startControlPlane({ controllerManager: true });
  await plane.kubectl(["apply", "--server-side", "-f", CRDS]);
  await plane.kubectl(["wait", "--for=condition=Established", "crd", "--all"]);
  const { kubeconfigPath } = plane;
  const connect = (fieldManager: string): ReturnType<typeof createKubeConnection> =>
    createKubeConnection({ kubeconfigPath, fieldManager, timers: systemClock, onWarning: () => undefined });
  const connections = new Map<string, ReturnType<typeof connect>>();
  const connection = (fieldManager: string): ReturnType<typeof connect> => {
    const made = connections.get(fieldManager) ?? connect(fieldManager);
    connections.set(fieldManager, made);
    return made;
  };
  return {
    client: (fieldManager) => connection(fieldManager).client,
    informers: connection("otel-allocator").informers,
    lifecycle: new OperatorHost({
      connection: connection("otel-allocator"),
      resources: [{ type: RESOURCES.OpenTelemetryCollector }],
      finalizer: COLLECTOR_FINALIZER,
    }),
    async stop() {
      for (const open of connections.values()) await open.close();
      await plane.stop();
    },
  };
});
