import { ClientLifecycle } from "../../src/kube/client-lifecycle.ts";
import { InMemoryCluster } from "../../src/kube/in-memory/in-memory-cluster.ts";
import { WIDGET } from "../support/kube-contract/world.ts";
import { TEST_FINALIZER, describeResourceLifecycleContract } from "../support/resource-lifecycle-contract.ts";

const cluster = new InMemoryCluster();
const client = cluster.client("operator");

describeResourceLifecycleContract("a lifecycle on the client port", () => ({
  client: (fieldManager) => cluster.client(fieldManager),
  informers: cluster.informers,
  lifecycle: new ClientLifecycle({ client, types: [WIDGET], finalizer: TEST_FINALIZER }),
  stop: () => cluster.informers.close(),
}));
