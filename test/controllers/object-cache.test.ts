import { describe, expect, it } from "@jest/globals";

import type { KubeObject } from "../../src/api/meta.ts";
import { RESOURCES } from "../../src/api/resource-type.ts";
import { ObjectCache } from "../../src/controllers/object-cache.ts";
import { enqueueObject } from "../../src/controllers/runtime/event-handler.ts";
import { InMemoryCluster } from "../../src/kube/in-memory/in-memory-cluster.ts";

const TYPE = RESOURCES.ConfigMap;
const KEY = { namespace: "default", name: "a" };

function owned(uid: string): KubeObject {
  const ownerReferences = [{ apiVersion: "v1", kind: "Secret", name: "one", uid, controller: true }];
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { ...KEY, ownerReferences } };
}

/** Of an object that can own others. */
function uidOf(cluster: InMemoryCluster, name: string): string {
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name, namespace: "default" } };
  return cluster.put<KubeObject>(RESOURCES.Secret, secret).metadata.uid ?? "";
}

describe("ObjectCache", () => {
  const cluster = new InMemoryCluster();
  const [one, two] = ["one", "two"].map((name) => uidOf(cluster, name)) as [string, string];
  const cache = new ObjectCache(cluster.informers);
  const source = cache.source({ scope: { type: TYPE }, handler: enqueueObject });

  it("knows nothing before its source is open", () => {
    cluster.put(TYPE, owned(one));
    expect(cache.get(TYPE, KEY)).toBeUndefined();
  });

  it("knows objects by name and by owner while a use of the source is open, and a request never comes first", async () => {
    const [first, second] = [source.open(), source.open()];
    await first.whenSynced(AbortSignal.timeout(5_000));
    const known: boolean[] = [];
    second.subscribe(() => known.push(cache.controlledBy(one).length + cache.controlledBy(two).length > 0));
    first.close();
    first.close();
    expect(cache.get(TYPE, KEY)?.metadata.name).toBe("a");
    expect(cache.controlledBy(one)).toHaveLength(1);
    cluster.put(TYPE, owned(two));
    await Promise.resolve();
    expect(cache.controlledBy(one)).toEqual([]);
    expect(cache.controlledBy(two)).toHaveLength(1);
    expect(known).toEqual([true, true]);
    await cluster.client("tester").delete(TYPE, KEY);
    expect(cache.controlledBy(two)).toEqual([]);
    second.close();
  });

  it("forgets everything with the last use", async () => {
    cluster.put(TYPE, owned(one));
    const use = source.open();
    await use.whenSynced(AbortSignal.timeout(5_000));
    expect(cache.controlledBy(one)).toHaveLength(1);
    use.close();
    expect(cache.controlledBy(one)).toEqual([]);
    expect(cache.get(TYPE, KEY)).toBeUndefined();
  });
});
