import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { RESOURCES } from "../../../src/api/resource-type.ts";
import { NotFoundError } from "../../../src/kube/errors.ts";
import { InMemoryCluster } from "../../../src/kube/in-memory/in-memory-cluster.ts";
import { settle } from "../../support/fake-clock.ts";
import type { AnyObject } from "../../support/kube-contract/world.ts";

const map = (name: string, data: Record<string, string> = {}, namespace = "default"): AnyObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace },
  data,
});
const pod = (name: string, status: Record<string, unknown>): AnyObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "default" },
  spec: {},
  status,
});

describe("an in-memory cluster", () => {
  it("gives times and identities from what it is given", async () => {
    let uids = 0;
    const cluster = new InMemoryCluster({
      now: () => Date.UTC(2026, 0, 2, 3, 4, 5, 678),
      newUid: () => `uid-${++uids}`,
    });
    const before = uids;
    const { metadata } = await cluster.client("me").create(RESOURCES.ConfigMap, map("a"));
    expect(metadata).toMatchObject({ creationTimestamp: "2026-01-02T03:04:05Z", uid: `uid-${before + 1}` });
  });

  it("makes namespaces as they are needed, where that is wanted", async () => {
    const strict = new InMemoryCluster().client("me");
    const lenient = new InMemoryCluster({ missingNamespaces: "create" }).client("me");
    await expect(strict.apply(RESOURCES.ConfigMap, map("a", {}, "shop"))).rejects.toBeInstanceOf(NotFoundError);
    await lenient.apply(RESOURCES.ConfigMap, map("a", {}, "shop"));
    const namespace = await lenient.get(RESOURCES.Namespace, { namespace: "", name: "shop" });
    expect(namespace?.metadata.labels).toEqual({ "kubernetes.io/metadata.name": "shop" });
  });

  it("stores an object as it is, status included, when it is put", async () => {
    const cluster = new InMemoryCluster();
    cluster.put(RESOURCES.Pod, pod("p", { phase: "Pending" }));
    const replaced = cluster.put(RESOURCES.Pod, pod("p", { phase: "Running", podIP: "10.0.0.1" }));
    expect(replaced.status).toEqual({ phase: "Running", podIP: "10.0.0.1" });
    await expect(cluster.client("me").get(RESOURCES.Pod, { namespace: "default", name: "p" })).resolves.toBe(replaced);
  });

  it("keeps what it is given apart from what the giver does with it later, and answers frozen objects", async () => {
    const client = new InMemoryCluster().client("me");
    const data = { x: "1" };
    const stored = await client.create(RESOURCES.ConfigMap, map("a", data));
    data.x = "2";
    expect(stored.data).toEqual({ x: "1" });
    expect(Object.isFrozen(stored.data)).toBe(true);
  });

  it("shows everything that it has", async () => {
    const cluster = new InMemoryCluster();
    await cluster.client("me").create(RESOURCES.ConfigMap, map("a"));
    const shown = [...cluster.objects()].map(({ type, object }) => `${type.kind} ${object.metadata.name}`);
    expect(shown).toEqual([
      "Namespace default",
      "Namespace kube-node-lease",
      "Namespace kube-public",
      "Namespace kube-system",
      "ConfigMap a",
    ]);
  });

  it("tells of every change of any kind, after the call that made it", async () => {
    const cluster = new InMemoryCluster();
    const client = cluster.client("me");
    const seen: string[] = [];
    const unsubscribe = cluster.onChange(({ type, before, after }) => {
      seen.push(`${type.kind} ${before === undefined ? "new" : after === undefined ? "gone" : "changed"}`);
    });
    const creating = client.create(RESOURCES.ConfigMap, map("a"));
    expect(seen).toEqual([]);
    await creating;
    await client.apply(RESOURCES.ConfigMap, map("a", { x: "1" }));
    cluster.put(RESOURCES.Pod, pod("p", {}));
    await client.delete(RESOURCES.ConfigMap, { namespace: "default", name: "a" });
    await settle();
    unsubscribe();
    cluster.put(RESOURCES.Pod, pod("q", {}));
    await settle();
    expect(seen).toEqual(["ConfigMap new", "ConfigMap changed", "Pod new", "ConfigMap gone"]);
  });

  it("has a write in the cache of an informer when the writer goes on", async () => {
    const cluster = new InMemoryCluster();
    const informer = cluster.informers.informer<AnyObject>({ type: RESOURCES.ConfigMap });
    await informer.whenSynced(AbortSignal.timeout(1_000));
    await cluster.client("me").create(RESOURCES.ConfigMap, map("a", { x: "1" }));
    expect(informer.get({ namespace: "default", name: "a" })?.data).toEqual({ x: "1" });
  });

  it("shows a watch with a selector that cannot be read as failing", () => {
    const informer = new InMemoryCluster().informers.informer({ type: RESOURCES.Pod, labelSelector: "a in b" });
    const states: (string | undefined)[] = [];
    informer.onHealth((error) => states.push(error?.message));
    expect(states).toEqual([expect.stringContaining('the label selector "a in b" cannot be read')]);
  });

  it("tells an informer of exceptions of its handlers", async () => {
    const errors: unknown[] = [];
    const cluster = new InMemoryCluster({ onHandlerError: (error, scope) => errors.push([error, scope.type.kind]) });
    const failure = new Error("on purpose");
    cluster.informers.informer({ type: RESOURCES.ConfigMap }).onChange(() => {
      throw failure;
    });
    await cluster.client("me").create(RESOURCES.ConfigMap, map("a"));
    expect(errors).toEqual([[failure, "ConfigMap"]]);
  });
});

describe("server-side apply in memory", () => {
  const fields = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.constantFrom("1", "2", "3"), {
    noNullPrototype: true,
  });
  const steps = fc.array(fc.record({ manager: fc.constantFrom("one", "two", "three"), data: fields }), {
    maxLength: 12,
  });

  it("holds what each manager gave last, the latest of them for a field, and nothing else", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const cluster = new InMemoryCluster();
        const want = new Map<string, { value: string; owners: Set<string> }>();
        let live: AnyObject | undefined;
        for (const { manager, data } of sequence) {
          live = await cluster.client(manager).apply(RESOURCES.ConfigMap, map("x", data));
          for (const [field, known] of want) if (!(field in data)) known.owners.delete(manager);
          for (const [field, value] of Object.entries(data)) {
            const known = want.get(field);
            if (known?.value === value) known.owners.add(manager);
            else want.set(field, { value, owners: new Set([manager]) });
          }
          for (const [field, known] of want) if (known.owners.size === 0) want.delete(field);
          const expected = Object.fromEntries([...want].map(([field, { value }]) => [field, value]));
          expect(live.data ?? {}).toEqual(expected);
        }
      }),
    );
  });

  it("changes nothing when the same is applied twice", async () => {
    await fc.assert(
      fc.asyncProperty(steps, fields, async (sequence, data) => {
        const cluster = new InMemoryCluster();
        for (const step of sequence) await cluster.client(step.manager).apply(RESOURCES.ConfigMap, map("x", step.data));
        const first = await cluster.client("one").apply(RESOURCES.ConfigMap, map("x", data));
        const second = await cluster.client("one").apply(RESOURCES.ConfigMap, map("x", data));
        expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
      }),
    );
  });
});
