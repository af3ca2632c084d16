import { InMemoryCluster } from "../../../src/kube/in-memory/in-memory-cluster.ts";
import { describeKubeClientContract } from "../../support/kube-client-contract.ts";

describeKubeClientContract("the in-memory cluster", async () => {
  const cluster = new InMemoryCluster();
  return {
    client: (fieldManager) => cluster.client(fieldManager),
    informers: cluster.informers,
    stop: () => cluster.informers.close(),
  };
});
