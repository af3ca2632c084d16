import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";

import type { CollectorInstance } from "../../src/allocator/index.ts";
import { type CollectorSource, StaticCollectors } from "../../src/discovery/collector-source.ts";
import { CollectorWatcher } from "../../src/discovery/collector-watcher.ts";
import type { WaitingPod } from "../../src/discovery/waiting-pod.ts";
import { ForbiddenError } from "../../src/kube/errors.ts";
import { node, ready, runningPod } from "../support/cluster-objects.ts";
import { FakeClock, settle } from "../support/fake-clock.ts";
import { FakeCluster } from "../support/fake-cluster.ts";

let clock: FakeClock;
let cluster: FakeCluster;
let stop: AbortController;
let done: Promise<void>;
let updates: string[];
let failing: string | undefined;
let zonesFailing: string | undefined;
let waiting: readonly WaitingPod[] | undefined;

const describeAll = (collectors: readonly CollectorInstance[]): string =>
  collectors.map(({ name, nodeName, zone }) => `${name}@${nodeName}${zone === undefined ? "" : `/${zone}`}`).join(" ");

function run(source: CollectorSource): void {
  const sink = {
    update: (collectors: readonly CollectorInstance[], others?: readonly WaitingPod[]): void => {
      updates.push(describeAll(collectors));
      waiting = others;
      failing = undefined;
    },
    failed: (error: Error): void => {
      failing = error.message;
    },
    zonesFailed: (error: Error | undefined): void => {
      zonesFailing = error?.message;
    },
  };
  done = source.run(sink, stop.signal);
}

async function watch(labelSelector = "", zones: { readonly zoneLabel?: string } = {}): Promise<void> {
  const options = { informers: cluster, namespace: "shop", labelSelector, notReadyGraceMs: 30_000, clock };
  run(new CollectorWatcher({ ...options, ...zones }));
  await turn();
}

async function turn(): Promise<void> {
  for (let i = 0; i < 4; i += 1) await settle();
}

const unready = (name: string) =>
  runningPod(name, { status: { phase: "Running", conditions: [ready("False", new Date(clock.now()).toISOString())] } });

beforeEach(() => {
  clock = new FakeClock();
  cluster = new FakeCluster();
  stop = new AbortController();
  done = Promise.resolve();
  updates = [];
  failing = undefined;
  zonesFailing = undefined;
});

afterEach(async () => {
  stop.abort();
  await done;
  if (cluster.uses + clock.pending > 0) throw new Error("a watch or a timer was left behind");
});

describe("CollectorWatcher", () => {
  it("reports the collectors once all pods are known, be there none", async () => {
    cluster.hold("Pod");
    cluster.put(runningPod("b"));
    await watch();
    expect(updates).toEqual([]);
    cluster.put(runningPod("a", { nodeName: "node-2" }));
    cluster.release("Pod");
    await turn();
    expect(updates).toEqual(["a@node-2 b@node-1"]);
  });

  it("reports that there are none", async () => {
    await watch();
    expect(updates).toEqual([""]);
  });

  it("watches the pods of its namespace that are selected, and all of them without a selector", async () => {
    cluster.put(runningPod("a", { metadata: { labels: { app: "collector" } } }));
    cluster.put(runningPod("b"));
    cluster.put(runningPod("c", { metadata: { namespace: "other", labels: { app: "collector" } } }));
    await watch("app=collector");
    stop.abort();
    await done;
    stop = new AbortController();
    await watch();
    expect(updates).toEqual(["a@node-1", "a@node-1 b@node-1"]);
  });

  it("joins what happens in one turn, and says nothing when nothing has changed", async () => {
    await watch();
    for (let i = 0; i < 5; i += 1) cluster.put(runningPod(`p-${i}`));
    await turn();
    cluster.put(runningPod("p-0", { metadata: { labels: { irrelevant: "yes" } } }));
    await turn();
    expect(updates).toHaveLength(2);
  });

  it("reports a new collector at once, and one that has gone after a moment", async () => {
    cluster.put(runningPod("a"));
    cluster.put(runningPod("b"));
    await watch();
    cluster.delete(runningPod("b"));
    await turn();
    cluster.put(runningPod("c"));
    await turn();
    expect(updates.slice(1)).toEqual(["a@node-1 b@node-1 c@node-1"]);
    await clock.advance(249);
    await turn();
    expect(updates).toHaveLength(2);
    await clock.advance(1);
    await turn();
    expect(updates.at(-1)).toBe("a@node-1 c@node-1");
  });

  it("does not report a collector that is away for less than that moment", async () => {
    cluster.put(runningPod("a"));
    cluster.put(runningPod("b"));
    await watch();
    cluster.delete(runningPod("b"));
    await clock.advance(200);
    cluster.put(runningPod("b", { metadata: { uid: "another" } }));
    await clock.advance(60_000);
    await turn();
    expect(updates).toHaveLength(1);
  });

  it("reports a collector of the same name on another node at once", async () => {
    cluster.put(runningPod("a"));
    await watch();
    cluster.delete(runningPod("a"));
    cluster.put(runningPod("a", { nodeName: "node-9", metadata: { uid: "another" } }));
    await turn();
    expect(updates.slice(1)).toEqual(["a@node-9"]);
  });

  it("lets an unready collector go exactly when its grace period is over, without any event", async () => {
    cluster.put(runningPod("a"));
    cluster.put(runningPod("b"));
    await watch();
    cluster.put(unready("b"));
    await clock.advance(29_999);
    await turn();
    expect(clock.nextIn).toBe(1);
    expect(updates).toHaveLength(1);
    await clock.advance(1);
    await turn();
    expect(updates.slice(1)).toEqual(["a@node-1"]);
    expect(clock.pending).toBe(0);
  });

  it("tells which pods wait and since when, as long as none is a collector", async () => {
    cluster.put(unready("a"));
    cluster.put(runningPod("b"));
    await watch();
    expect([updates.at(-1), waiting]).toEqual(["b@node-1", []]);
    const since = new Date(clock.now()).toISOString();
    cluster.delete(runningPod("b"));
    await turn();
    await clock.advance(31_000);
    await turn();
    expect([updates.at(-1), waiting]).toEqual(["", [{ name: "a", state: `not ready since ${since}` }]]);
  });

  it("has no timer running while every collector is ready", async () => {
    cluster.put(runningPod("a"));
    await watch();
    expect(clock.pending).toBe(0);
  });

  it("reports a failure with what to do, keeps the collectors, and reports recovery", async () => {
    cluster.put(runningPod("a"));
    await watch();
    cluster.fail("Pod", new ForbiddenError("watching pods in namespace shop: forbidden", { status: 403, reason: "" }));
    await turn();
    expect(failing).toBe(
      "watching pods in namespace shop: forbidden (give the service account the verbs get, list and watch on it)",
    );
    cluster.fail("Pod", undefined);
    await turn();
    expect(failing).toBeUndefined();
    expect(updates).toEqual(["a@node-1", "a@node-1"]);
  });
});

describe("CollectorWatcher with a label of zones", () => {
  const ZONES = { zoneLabel: "topology.kubernetes.io/zone" };
  const inZone = (name: string, zone?: string) =>
    node(name, { metadata: { labels: zone === undefined ? {} : { [ZONES.zoneLabel]: zone } } });

  it("says of each collector in which zone its node is, and nothing where the node does not say", async () => {
    cluster.put(inZone("node-1", "west"));
    cluster.put(inZone("node-2"));
    cluster.put(runningPod("a"));
    cluster.put(runningPod("b", { nodeName: "node-2" }));
    cluster.put(runningPod("c", { nodeName: "node-3" }));
    await watch("", ZONES);
    expect(updates).toEqual(["a@node-1/west b@node-2 c@node-3"]);
  });

  it("waits for the nodes, so that nothing is placed without zones that will be known in a moment", async () => {
    cluster.hold("Node");
    cluster.put(runningPod("a"));
    await watch("", ZONES);
    expect(updates).toEqual([]);
    cluster.put(inZone("node-1", "west"));
    cluster.release("Node");
    await turn();
    expect(updates).toEqual(["a@node-1/west"]);
  });

  it("reports a zone that becomes known, and nothing when another label of a node changes", async () => {
    cluster.put(inZone("node-1"));
    cluster.put(runningPod("a"));
    await watch("", ZONES);
    cluster.put(inZone("node-1", "west"));
    await turn();
    cluster.put(node("node-1", { metadata: { labels: { [ZONES.zoneLabel]: "west", other: "label" } } }));
    await turn();
    expect(updates).toEqual(["a@node-1", "a@node-1/west"]);
  });

  it("without the permission for nodes reports collectors of unknown zones, and says what is missing", async () => {
    cluster.hold("Node");
    cluster.put(runningPod("a"));
    await watch("", ZONES);
    cluster.fail("Node", new ForbiddenError("listing nodes: forbidden", { status: 403, reason: "" }));
    await turn();
    expect(updates).toEqual(["a@node-1"]);
    expect(zonesFailing).toBe(
      "listing nodes: forbidden (give the service account the verbs get, list and watch on it)",
    );
    expect(failing).toBeUndefined();
    cluster.put(inZone("node-1", "west"));
    cluster.fail("Node", undefined);
    cluster.release("Node");
    await turn();
    expect(updates.at(-1)).toBe("a@node-1/west");
    expect(zonesFailing).toBeUndefined();
  });

  it("watches no nodes when nobody asks for zones", async () => {
    cluster.hold("Node");
    cluster.put(runningPod("a"));
    await watch();
    expect(updates).toEqual(["a@node-1"]);
    expect(cluster.uses).toBe(1);
  });
});

it("StaticCollectors reports the collectors of the configuration, sorted, once", async () => {
  run(
    new StaticCollectors([
      { name: "b", nodeName: "" },
      { name: "a", nodeName: "node-1" },
    ]),
  );
  await turn();
  expect(updates).toEqual(["a@node-1 b@"]);
});
