import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";

import type { KubeObject } from "../../src/api/meta.ts";
import { toKubeError } from "../../src/kube/errors.ts";
import { NamespaceLabels } from "../../src/prometheus-cr/namespace-labels.ts";
import { AssetClient } from "../support/asset-client.ts";
import { FakeClock, settle } from "../support/fake-clock.ts";
import { FakeCluster } from "../support/fake-cluster.ts";
import { mustLeaveNothing } from "../support/left-behind.ts";

const FORBIDDEN = toKubeError("listing namespaces: no", { status: 403, reason: "Forbidden" });
const namespace = (name: string, labels?: Readonly<Record<string, string>>): KubeObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: labels === undefined ? { name } : { name, labels },
});

describe("NamespaceLabels", () => {
  let cluster: FakeCluster;
  let client: AssetClient;
  let clock: FakeClock;
  let changed: string[];
  let labels: NamespaceLabels;

  const SHOP = namespace("shop", { team: "one" });
  /** Begins where namespaces must not be watched. */
  const startForbidden = (namespaces?: readonly string[]): void => {
    for (const object of cluster.objects) cluster.delete(object);
    cluster.hold("Namespace");
    start(namespaces);
    expect(labels.settled).toBe(false);
    cluster.fail("Namespace", FORBIDDEN);
    cluster.put(SHOP);
  };
  const start = (namespaces?: readonly string[]): void => {
    labels = new NamespaceLabels({
      informers: cluster,
      client,
      clock,
      namespaces,
      onNamespace: (name) => changed.push(name),
      onState: () => undefined,
    });
    labels.start();
  };

  beforeEach(() => {
    cluster = new FakeCluster([SHOP, namespace("infra")]);
    client = new AssetClient(cluster);
    clock = new FakeClock();
    changed = [];
  });
  afterEach(() => {
    labels.stop();
    mustLeaveNothing(cluster, clock);
  });

  it("follows the labels of all namespaces, and tells only changes of labels", async () => {
    start();
    await settle();
    expect(labels).toMatchObject({ settled: true, failure: undefined });
    expect(labels.labelsOf("shop")).toEqual({ team: "one" });
    expect(labels.labelsOf("infra")).toEqual({});
    expect(labels.labelsOf("none")).toBeUndefined();
    changed = [];
    cluster.put({
      ...namespace("shop", { team: "one" }),
      metadata: { name: "shop", labels: { team: "one" }, annotations: { a: "b" } },
    });
    cluster.put(namespace("shop", { team: "two" }));
    cluster.delete(namespace("infra"));
    expect(changed).toEqual(["shop", "infra"]);
    expect(client.reads).toBe(0);
  });

  it("is settled without permission, and says so", () => {
    startForbidden();
    expect(labels).toMatchObject({ settled: true, failure: FORBIDDEN.message });
  });

  it("reads the few that matter where it must not watch", async () => {
    startForbidden(["shop", "gone"]);
    await settle();
    expect(labels).toMatchObject({ settled: true, failure: undefined });
    expect(labels.labelsOf("shop")).toEqual({ team: "one" });
    cluster.put(namespace("shop", { team: "two" }));
    cluster.put(namespace("gone", {}));
    await clock.advance(15_000);
    expect(changed).toEqual(["shop", "shop", "gone"]);
    expect(client.reads).toBe(4);
    expect(cluster.uses).toBe(0);
  });

  it("keeps what it has read while it cannot read", async () => {
    startForbidden(["shop"]);
    await settle();
    client.error = toKubeError("reading Namespace shop: no", { status: 403, reason: "Forbidden" });
    await clock.advance(15_000);
    expect(labels.labelsOf("shop")).toEqual({ team: "one" });
    expect(labels.failure).toBe("reading Namespace shop: no");
  });
});
