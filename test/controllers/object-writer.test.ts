import { beforeEach, describe, expect, it } from "@jest/globals";

import type { KubeObject } from "../../src/api/meta.ts";
import { RESOURCES } from "../../src/api/resource-type.ts";
import { manifest } from "../../src/controllers/manifests/manifest.ts";
import { controllerReference } from "../../src/controllers/manifests/owner-reference.ts";
import { ObjectWriter, type Outcome } from "../../src/controllers/object-writer.ts";
import { planChanges, toDesiredSet } from "../../src/controllers/plan.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import { InvalidError } from "../../src/kube/errors.ts";
import { InMemoryCluster } from "../../src/kube/in-memory/in-memory-cluster.ts";
import { collector } from "../support/collectors.ts";
import { FakeClock } from "../support/fake-clock.ts";

const { Service, StatefulSet, ConfigMap } = RESOURCES;
const KEY = { namespace: "default", name: "web" };
const MANAGED = { "app.kubernetes.io/managed-by": "opentelemetry-operator" };

let cluster: InMemoryCluster;
let clock: FakeClock;
let owner: KubeObject;
let writer: ObjectWriter;
/** Of what was deleted. */
let deleted: unknown[];

beforeEach(() => {
  cluster = new InMemoryCluster();
  clock = new FakeClock();
  deleted = [];
  owner = cluster.put<KubeObject>(RESOURCES.OpenTelemetryCollector, collector({ metadata: KEY }));
  writer = new ObjectWriter(defaced(cluster.client("otel-allocator")), clock);
});

/** A cluster in which something gives another value to a fixed field of whatever is made. */
function defaced(client: KubeClient): KubeClient {
  return new Proxy(client, {
    get: (target, method: keyof KubeClient) => {
      if (method === "apply")
        return async (type: typeof Service, object: KubeObject): Promise<KubeObject> => {
          const live = await target.get(type, KEY);
          if (live !== undefined)
            throw new InvalidError("spec: field is immutable", { status: 422, reason: "Invalid" });
          return cluster.put(type, object);
        };
      if (method === "delete")
        return async (...parameters: Parameters<KubeClient["delete"]>): Promise<void> => {
          deleted.push(parameters[2]);
          await target.delete(...parameters);
        };
      return target[method].bind(target);
    },
  });
}

async function write(type: typeof Service, spec: Readonly<Record<string, unknown>>): Promise<Outcome> {
  const metadata = { ...KEY, labels: MANAGED, ownerReferences: [controllerReference(owner)] };
  const desired = toDesiredSet([manifest(type, metadata, { spec })]);
  const applied = new Map();
  const live = await cluster.client("tester").get<KubeObject>(type, KEY);
  const plan = planChanges({ desired, owned: live === undefined ? [] : [live], applied, appliedSetHash: undefined });
  return writer.write(plan, { owner, applied, signal: AbortSignal.timeout(10_000) });
}

describe("an object that cannot be changed", () => {
  const wanted = { clusterIP: "None" };

  it("is not made anew again and again when something gives it other values as it is made", async () => {
    await write(Service, wanted);
    expect((await write(Service, wanted)).recreated).toHaveLength(1);
    await write(Service, wanted);
    const { recreated, errors } = await write(Service, wanted);
    expect(recreated).toEqual([]);
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^Service default\/web is not made anew: it was, .*look for a mutating webhook/),
    ]);
    expect(deleted).toHaveLength(1);
  });

  it.each([
    { name: "ten minutes later", wait: 600_000, next: wanted },
    { name: "when something else is wanted", wait: 0, next: { clusterIP: "10.0.0.1" } },
  ])("is made anew once more $name", async ({ wait, next }) => {
    for (let pass = 0; pass < 3; pass += 1) await write(Service, wanted);
    await clock.advance(wait);
    expect((await write(Service, next)).recreated).toHaveLength(1);
    expect(deleted).toHaveLength(2);
  });
});

describe("a StatefulSet that takes its claims along", () => {
  const one = {
    persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete" },
    selector: { matchLabels: { app: "a" } },
    template: { metadata: { labels: { app: "a" } } },
    volumeClaimTemplates: [{ metadata: { name: "data" } }],
  };

  it("stays when its pods could not, and says how to go on", async () => {
    await write(StatefulSet, one);
    const { errors } = await write(StatefulSet, { ...one, volumeClaimTemplates: [{ metadata: { name: "more" } }] });
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^StatefulSet default\/web is not made anew: spec.volumeClaimTemplates .* set Retain/),
    ]);
    expect(deleted).toEqual([]);
  });

  it("is deleted without them when the next one has its pods", async () => {
    await write(StatefulSet, one);
    await write(StatefulSet, { ...one, serviceName: "other" });
    expect(deleted).toEqual([expect.objectContaining({ propagation: "Orphan" })]);
  });
});

describe("an object of the wanted name that nobody controls", () => {
  it.each([
    { name: "of an operator is taken up", labels: MANAGED, taken: 0 },
    { name: "of a user is left alone", labels: { app: "mine" }, taken: 1 },
  ])("$name", async ({ labels, taken }) => {
    cluster.put<KubeObject>(ConfigMap, { apiVersion: "v1", kind: "ConfigMap", metadata: { ...KEY, labels } });
    const desired = toDesiredSet([manifest(ConfigMap, { ...KEY, ownerReferences: [controllerReference(owner)] }, {})]);
    const plan = planChanges({ desired, owned: [], applied: new Map(), appliedSetHash: undefined });
    const sound = new ObjectWriter(cluster.client("otel-allocator"), clock);
    const outcome = await sound.write(plan, { owner, applied: new Map(), signal: AbortSignal.timeout(10_000) });
    expect(outcome.taken).toHaveLength(taken);
    expect(outcome.written.size).toBe(1 - taken);
    const live = await cluster.client("tester").get<KubeObject>(ConfigMap, KEY);
    expect(live?.metadata.ownerReferences ?? []).toHaveLength(1 - taken);
  });
});
