import { InMemoryCluster } from "../../../src/kube/in-memory/in-memory-cluster.ts";
import { describeCollectorReconciler } from "../../support/collector-reconciler-suite.ts";

describeCollectorReconciler("the in-memory cluster", () => {
  const cluster = new InMemoryCluster();
  return Promise.resolve({
    client: (fieldManager) => cluster.client(fieldManager),
    informers: cluster.informers,
    stop: async () => cluster.informers.close(),
  });
});
