import { createKubeConnection } from "../../../src/kube/client-node/connection.ts";
import { systemClock } from "../../../src/observability/system-clock.ts";
import { startControlPlane } from "../../support/control-plane.ts";
import { describeKubeClientContract } from "../../support/kube-client-contract.ts";

describeKubeClientContract("the real control plane", async () => {
  const plane = await startControlPlane({ controllerManager: true });
  const connect = (fieldManager: string): ReturnType<typeof createKubeConnection> =>
    createKubeConnection({
      kubeconfigPath: plane.kubeconfigPath,
      fieldManager,
      timers: systemClock,
      onWarning: () => undefined,
    });
  const connections = new Map([["tester", connect("tester")]]);
  return {
    client(fieldManager) {
      const connection = connections.get(fieldManager) ?? connect(fieldManager);
      connections.set(fieldManager, connection);
      return connection.client;
    },
    get informers() {
      return (connections.get("tester") as ReturnType<typeof connect>).informers;
    },
    async stop() {
      for (const connection of connections.values()) await connection.close();
      await plane.stop();
    },
  };
});
