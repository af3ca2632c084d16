import type { KubeObject } from "../../src/api/meta.ts";
import { apiVersionOf, RESOURCES, type ResourceType } from "../../src/api/resource-type.ts";
import { COLLECTOR_FINALIZER } from "../../src/controllers/finalizer.ts";
import { ClientLifecycle } from "../../src/kube/client-lifecycle.ts";
import { InMemoryCluster } from "../../src/kube/in-memory/in-memory-cluster.ts";
import type { ClusterBackend } from "./collector-stage.ts";
import { kindDefinition } from "./kind-definitions.ts";

/** A cluster in this process, without kubelets. */
export async function inMemoryBackend(): Promise<ClusterBackend> {
  const cluster = new InMemoryCluster();
  return Promise.resolve({
    user: cluster.client("kubectl"),
    operator: cluster.client("otel-allocator"),
    informers: cluster.informers,
    lifecycle: new ClientLifecycle({
      client: cluster.client("otel-allocator"),
      types: [RESOURCES.OpenTelemetryCollector, RESOURCES.TargetAllocator],
      finalizer: COLLECTOR_FINALIZER,
    }),
    install: (types) => {
      for (const type of types) announce(cluster, type);
      return Promise.resolve();
    },
    stop: async () => cluster.informers.close(),
  });
}

/** As an API server does it: it says that a definition is in force, and registers its group. */
function announce(cluster: InMemoryCluster, type: ResourceType): void {
  const { CustomResourceDefinition, APIService } = RESOURCES;
  const established = { conditions: [{ type: "Established", status: "True" }] };
  cluster.put(CustomResourceDefinition, { ...kindDefinition(type), status: established } as KubeObject);
  const registration = {
    apiVersion: apiVersionOf(APIService),
    kind: APIService.kind,
    metadata: { name: `${type.version}.${type.group}` },
    status: { conditions: [{ type: "Available", status: "True" }] },
  };
  cluster.put(APIService, registration);
}
