import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";

import type { KubeObject } from "../../src/api/meta.ts";
import { toKubeError } from "../../src/kube/errors.ts";
import { KindWatch, type KindWatchOptions } from "../../src/prometheus-cr/kind-watch.ts";
import { settle } from "../support/fake-clock.ts";
import { FakeCluster } from "../support/fake-cluster.ts";
import { mustLeaveNothing } from "../support/left-behind.ts";
import { monitor } from "../support/monitor-selection.ts";

const MISSING = toKubeError("listing servicemonitors in all namespaces: not found", { status: 404, reason: "" });
const FORBIDDEN = toKubeError("listing servicemonitors in all namespaces: no", { status: 403, reason: "Forbidden" });
const UNKNOWN_CALLER = toKubeError("listing servicemonitors: who are you", { status: 401, reason: "Unauthorized" });

const definition = (established: boolean, served = true): KubeObject => {
  const object = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "servicemonitors.monitoring.coreos.com" },
    spec: { versions: [{ name: "v1", served }] },
    status: { conditions: [{ type: "Established", status: established ? "True" : "False" }] },
  };
  return object;
};

describe("KindWatch", () => {
  let cluster: FakeCluster;
  let known: Map<string, KubeObject>;
  let watch: KindWatch;

  const watching = (options: Partial<KindWatchOptions> = {}): void => {
    watch = new KindWatch({
      kind: "ServiceMonitor",
      informers: cluster,
      namespaces: undefined,
      fieldSelector: undefined,
      ownNamespace: undefined,
      onObject: (key, object) => (object === undefined ? known.delete(key) : known.set(key, object)),
      onState: () => undefined,
      ...options,
    });
    watch.start();
  };
  const scopes = (): readonly string[] =>
    cluster.scopes.map(({ type, namespace = "*", fieldSelector = "" }) =>
      `${type.kind} ${namespace} ${fieldSelector}`.trim(),
    );

  beforeEach(() => {
    cluster = new FakeCluster([monitor("shop", "web"), monitor("infra", "dns")]);
    known = new Map();
  });
  afterEach(() => {
    watch.stop();
    mustLeaveNothing(cluster);
  });

  it("follows a kind in all namespaces with one watch", async () => {
    watching();
    await settle();
    expect(watch).toMatchObject({ settled: true, failures: [] });
    expect([...known.keys()]).toEqual(["shop/web", "infra/dns"]);
    cluster.delete(monitor("shop", "web"));
    cluster.put(monitor("shop", "new"));
    expect([...known.keys()]).toEqual(["infra/dns", "shop/new"]);
    expect(scopes()).toEqual(["ServiceMonitor *"]);
  });

  it("looks at nothing of denied namespaces", () => {
    watching({ fieldSelector: "metadata.namespace!=shop" });
    expect([...known.keys()]).toEqual(["infra/dns"]);
    expect(scopes()).toEqual(["ServiceMonitor * metadata.namespace!=shop"]);
  });

  it("watches allowed namespaces one by one, and one that is forbidden harms no other", async () => {
    watching({ namespaces: ["infra", "shop"] });
    cluster.fail("ServiceMonitor", FORBIDDEN, "infra");
    await settle();
    expect(scopes()).toEqual(["ServiceMonitor infra", "ServiceMonitor shop"]);
    expect(watch.settled).toBe(true);
    expect(watch.failures).toEqual([{ namespace: "infra", state: "forbidden", message: FORBIDDEN.message }]);
  });

  it("is settled by a refusal, and not by a server that cannot tell yet", async () => {
    cluster.hold("ServiceMonitor");
    watching();
    cluster.fail("ServiceMonitor", toKubeError("no answer", { status: 0, reason: "" }));
    expect(watch.settled).toBe(false);
    cluster.fail("ServiceMonitor", UNKNOWN_CALLER);
    expect(watch.settled).toBe(false);
    expect(watch.failures).toMatchObject([{ state: "pending" }]);
    cluster.fail("ServiceMonitor", FORBIDDEN);
    expect(watch.settled).toBe(true);
    cluster.fail("ServiceMonitor", undefined);
    cluster.release("ServiceMonitor");
    await settle();
    expect(watch).toMatchObject({ settled: true, failures: [] });
  });

  it("watches its own namespace alone as long as watching all is forbidden", async () => {
    for (const object of cluster.objects) cluster.delete(object);
    watching({ ownNamespace: "shop" });
    cluster.fail("ServiceMonitor", FORBIDDEN);
    cluster.put(monitor("shop", "web"));
    await settle();
    expect(scopes()).toEqual(["ServiceMonitor *", "ServiceMonitor shop"]);
    expect(watch.failures).toMatchObject([{ namespace: undefined, exceptIn: "shop", state: "forbidden" }]);
    expect([...known.keys()]).toEqual(["shop/web"]);
    cluster.fail("ServiceMonitor", undefined);
    expect(watch).toMatchObject({ settled: true, failures: [] });
    expect(scopes()).toEqual(["ServiceMonitor *"]);
  });

  it("keeps what it knows while the watch fails", async () => {
    watching();
    await settle();
    cluster.fail("ServiceMonitor", FORBIDDEN);
    expect(known.size).toBe(2);
    expect(watch.failures).toMatchObject([{ state: "forbidden" }]);
  });

  describe("a kind that is not installed", () => {
    beforeEach(async () => {
      cluster = new FakeCluster();
      cluster.hold("ServiceMonitor");
      watching();
      cluster.fail("ServiceMonitor", MISSING);
      await settle();
    });

    const install = async (object: KubeObject): Promise<void> => {
      cluster.put(object);
      await settle();
    };

    it("is asked for no more; its definition is watched instead", () => {
      expect(watch).toMatchObject({ settled: true, failures: [{ state: "missing" }] });
      expect(scopes()).toEqual(["CustomResourceDefinition * metadata.name=servicemonitors.monitoring.coreos.com"]);
    });

    it("is attached when its definition is established, in the version that is read", async () => {
      await install(definition(false));
      await install(definition(true, false));
      expect(scopes()).toHaveLength(1);
      await install(definition(true));
      expect(scopes()).toContain("ServiceMonitor *");
      cluster.fail("ServiceMonitor", undefined);
      cluster.release("ServiceMonitor");
      cluster.put(monitor("shop", "web"));
      await settle();
      expect(watch).toMatchObject({ settled: true, failures: [] });
      expect([...known.keys()]).toEqual(["shop/web"]);
    });

    it("is forgotten when its definition is deleted", async () => {
      cluster.put(monitor("shop", "web"));
      await install(definition(true));
      cluster.release("ServiceMonitor");
      cluster.fail("ServiceMonitor", undefined);
      await settle();
      expect(known.size).toBe(1);
      cluster.delete(definition(true));
      await settle();
      expect(known.size).toBe(0);
      expect(scopes()).toHaveLength(1);
    });
  });

  it("goes on asking for a missing kind where definitions must not be seen", async () => {
    cluster.hold("ServiceMonitor");
    cluster.hold("CustomResourceDefinition");
    watching();
    cluster.fail("ServiceMonitor", MISSING);
    cluster.fail("CustomResourceDefinition", FORBIDDEN);
    expect(scopes()).toEqual(["ServiceMonitor *"]);
    cluster.fail("ServiceMonitor", MISSING);
    expect(scopes()).toEqual(["ServiceMonitor *"]);
    cluster.fail("ServiceMonitor", undefined);
    cluster.release("ServiceMonitor");
    await settle();
    expect([...known.keys()]).toEqual(["shop/web", "infra/dns"]);
  });
});
