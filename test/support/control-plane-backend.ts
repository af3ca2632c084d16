import { join } from "node:path";

import { RESOURCES } from "../../src/api/resource-type.ts";
import { COLLECTOR_FINALIZER } from "../../src/controllers/finalizer.ts";
import { createKubeConnection, type KubeConnection } from "../../src/kube/client-node/connection.ts";
import { OperatorHost } from "../../src/kube/client-node/operator-host.ts";
import { systemClock } from "../../src/observability/system-clock.ts";
import type { ClusterBackend } from "./collector-stage.ts";
import { installKinds } from "./kind-definitions.ts";
import { type ControlPlane, installCrds, startControlPlane } from "./control-plane.ts";

const ROOT = join(import.meta.dirname, "../..");
const NAMESPACE = "opentelemetry-operator-system";
const ACCOUNT = "opentelemetry-operator-controller-manager";

/** A real control plane, written by an operator that may do what the shipped role lets it do. */
export async function controlPlaneBackend(): Promise<ClusterBackend> {
  const plane = await startControlPlane({ controllerManager: true });
  await installCrds(plane);
  const admin = connect(plane.kubeconfigPath, "kubectl");
  const operator = connect(await operatorKubeconfig(plane), "otel-allocator");
  return backendOf(plane, admin, operator);
}

function connect(kubeconfigPath: string, fieldManager: string): KubeConnection {
  return createKubeConnection({ kubeconfigPath, fieldManager, timers: systemClock, onWarning: () => undefined });
}

/** Of the operator's own account, which may do what config/rbac lets it do. */
async function operatorKubeconfig(plane: ControlPlane): Promise<string> {
  await plane.kubectl(["apply", "-k", join(ROOT, "config", "rbac")]);
  const token = await plane.kubectl(["create", "token", ACCOUNT, "-n", NAMESPACE, "--duration=1h"]);
  return plane.kubeconfigWithToken(token.trim());
}

function backendOf(plane: ControlPlane, admin: KubeConnection, operator: KubeConnection): ClusterBackend {
  return {
    user: admin.client,
    operator: operator.client,
    informers: operator.informers,
    lifecycle: new OperatorHost({
      connection: operator,
      resources: [{ type: RESOURCES.OpenTelemetryCollector }, { type: RESOURCES.TargetAllocator }],
      finalizer: COLLECTOR_FINALIZER,
    }),
    install: async (types) => installKinds(plane, types),
    async stop() {
      await operator.close();
      await admin.close();
      await plane.stop();
    },
  };
}
