import { RESOURCES } from "../../../src/api/resource-type.ts";
import { COLLECTOR_FINALIZER } from "../../../src/controllers/collector/collector-reconciler.ts";
import { ClientLifecycle } from "../../../src/kube/client-lifecycle.ts";
import { InMemoryCluster } from "../../../src/kube/in-memory/in-memory-cluster.ts";
import { describeCollectorReconciler } from "../../support/collector-reconciler-suite.ts";

describeCollectorReconciler("the in-memory cluster", () => {
  const cluster = new InMemoryCluster();
  return Promise.resolve({
    user: cluster.client("kubectl"),
    operator: cluster.client("otel-allocator"),
    informers: cluster.informers,
    lifecycle: new ClientLifecycle({
      client: cluster.client("otel-allocator"),
      types: [RESOURCES.OpenTelemetryCollector],
      finalizer: COLLECTOR_FINALIZER,
    }),
    stop: async () => cluster.informers.close(),
  });
});
