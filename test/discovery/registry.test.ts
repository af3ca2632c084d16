import { describe, expect, it } from "@jest/globals";

import { createDiscovererFactory } from "../../src/discovery/registry.ts";
import { runningPod } from "../support/cluster-objects.ts";
import { settle } from "../support/fake-clock.ts";
import { FakeCluster } from "../support/fake-cluster.ts";
import { toPlain } from "../support/label-groups.ts";
import { RecordingSink } from "../support/recording-sink.ts";

const cluster = new FakeCluster([runningPod("web-0")]);
const create = createDiscovererFactory({ clusterFor: () => cluster, ownNamespace: "shop" });

async function discover(mechanism: string, settings: Parameters<typeof create>[0]["settings"]): Promise<RecordingSink> {
  const sink = new RecordingSink();
  const stop = new AbortController();
  const done = create({ mechanism, settings, canonicalKey: "" }).run(sink, stop.signal);
  for (let turn = 0; turn < 5; turn += 1) await settle();
  stop.abort();
  await done;
  return sink;
}

describe("static", () => {
  it("gives each entry a group of its own, once", async () => {
    const groups = [
      { targets: ["a:1", "b:2"], labels: { team: "one" } },
      { targets: ["c:3"] },
      { targets: [], labels: {} },
    ];
    const { updates } = await discover("static", { groups });
    expect(updates.map((update) => update.map(toPlain))).toEqual([
      [
        { source: "0", labels: { team: "one" }, targets: [{ __address__: "a:1" }, { __address__: "b:2" }] },
        { source: "1", labels: {}, targets: [{ __address__: "c:3" }] },
        { source: "2", labels: {}, targets: [] },
      ],
    ]);
  });

  it("reports an empty list as well", async () => {
    expect((await discover("static", {})).updates).toEqual([[]]);
  });
});

it("kubernetes finds pods of the own namespace", async () => {
  const { groups } = await discover("kubernetes", { role: "pod", namespaces: { own_namespace: true } });
  expect([...groups.keys()]).toEqual(["pod/shop/web-0"]);
});

it("another mechanism fails with its name and what to do, and never says that there is nothing", async () => {
  const sink = await discover("consul", {});
  expect(sink.updates).toEqual([]);
  expect(sink.failures).toMatchObject([{ code: "DISCOVERY_UNSUPPORTED" }]);
  expect(sink.failing).toBe(
    "consul_sd_configs is not supported; use static_configs or kubernetes_sd_configs, " +
      "or let the collector discover this job itself, outside of the target allocator",
  );
});

it("a mechanism that nobody has fails with a hint to its spelling", async () => {
  expect((await discover("kubernets", {})).failing).toBe(
    "kubernets_sd_configs is no service discovery that Prometheus has; check its spelling, " +
      "or use static_configs or kubernetes_sd_configs",
  );
});

it("a role that does not exist cannot be created", () => {
  expect(() => create({ mechanism: "kubernetes", settings: { role: "x" }, canonicalKey: "" })).toThrow('role "x"');
});
