import { join } from "node:path";

import { createKubeConnection } from "../../../src/kube/client-node/connection.ts";
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
    async stop() {
      for (const open of connections.values()) await open.close();
      await plane.stop();
    },
  };
});
