import type { KubeObject, NamespacedName } from "../../src/api/meta.ts";
import type { ResourceType } from "../../src/api/resource-type.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import type { FakeCluster } from "./fake-cluster.ts";

/** Reads objects of a fake cluster one by one, counts the reads, and can be made to fail. */
export class AssetClient implements Pick<KubeClient, "get"> {
  readonly #cluster: FakeCluster;
  reads = 0;
  error: Error | undefined;

  constructor(cluster: FakeCluster) {
    this.#cluster = cluster;
  }

  async get<T extends KubeObject>({ kind }: ResourceType, { namespace, name }: NamespacedName): Promise<T | undefined> {
    this.reads += 1;
    await Promise.resolve();
    if (this.error !== undefined) throw this.error;
    const found = this.#cluster.objects.find(
      ({ kind: other, metadata }) =>
        other === kind && (metadata.namespace ?? "") === namespace && metadata.name === name,
    );
    return found as T | undefined;
  }
}
